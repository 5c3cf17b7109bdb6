/** A console that is a command on a console server, with a terminal there and none here. */

import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { ObmError } from '../../errors.ts';
import type { ConsoleLink, ConsoleSink } from '../driver.ts';
import { mustBeAbleToRun, notRun } from '../program.ts';
import { notLetIn, sshArgs, sshEnvironment, wasLetIn } from './client.ts';
import type { SshInfo } from './settings.ts';

/** What is looked at of what ssh says before somebody is let in, characters. */
const saidMax = 16_384;

export class SshConsole implements ConsoleLink {
  readonly ended: Promise<Error>;
  readonly #info: SshInfo;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #letIn = Promise.withResolvers<void>();
  #said = '';
  #isClosed = false;

  /** @throws {ObmError} `network`: this machine cannot run ssh now */
  constructor(info: SshInfo, command: readonly string[], sink: ConsoleSink) {
    this.#info = info;
    mustBeAbleToRun('ssh');
    // It ends with us, however we end.
    const args = ['--pdeathsig', 'TERM', '--', 'ssh', ...sshArgs(info, command, true)];
    this.#child = spawn('setpriv', args, { env: sshEnvironment(), stdio: 'pipe' });
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.ended = promise;
    this.#letIn.promise.catch(() => undefined);
    this.#child.once('error', (error) => resolve(notRun('ssh', error)));
    this.#child.once('close', (code) => resolve(this.#endOf(code)));
    // Where there are no descriptors it has none of these.
    const { stdin, stdout, stderr }: Partial<ChildProcessWithoutNullStreams> = this.#child;
    stdout?.on('data', (bytes: Buffer) => sink.data(bytes));
    stderr?.on('data', (bytes: Buffer) => this.#listen(bytes.toString()));
    // Whoever writes is told; and it ends.
    stdin?.on('error', () => undefined);
    void promise.then((error) => this.#letIn.reject(error));
  }

  /** Resolves when the command has been started there. @throws {ObmError} */
  async opened(signal: AbortSignal): Promise<void> {
    const giveUp = (): void => {
      this.#letIn.reject(signal.reason as Error);
      this.#child.kill();
    };
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp);
    try {
      await this.#letIn.promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#child.stdin.write(bytes, (cause) =>
        cause ? reject(new ObmError('no-answer', 'the console has ended', { cause })) : resolve(),
      ),
    );
  }

  async sendBreak(): Promise<void> {
    const { break: typed } = this.#info;
    if (typed === undefined)
      throw new ObmError('unsupported', 'nothing is said that is typed for a break');
    await this.write(Buffer.from(typed));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#child.kill();
    await this.ended;
  }

  #listen(text: string): void {
    if (this.#said.length >= saidMax) return;
    this.#said += text;
    if (wasLetIn(this.#said)) this.#letIn.resolve();
  }

  #endOf(code: number | null): Error {
    if (this.#isClosed) return new ObmError('closed', 'closed');
    if (!wasLetIn(this.#said)) return notLetIn(this.#info, this.#said);
    const how = code === null ? 'was ended' : `ended with ${code}`;
    return new ObmError('no-answer', `the command that is the console ${how}`);
  }
}
