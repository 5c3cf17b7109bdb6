/** Reads what a unit of systemd has said, from the journal. */

import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { requireDescriptorsForChild } from '../../disk/descriptors.ts';
import { pieceBytesMax, UnreadableOutput } from './output-reader.ts';
import type { OutputReader, OutputRequest, Piece } from './output-reader.ts';

const complaintMax = 500;
const isShort = 'its host is short of descriptors; try again later';

const mustBeAbleToRead = (): void => {
  try {
    requireDescriptorsForChild();
  } catch (cause) {
    throw new UnreadableOutput(isShort, { cause });
  }
};

/** journalctl waits with its output until it is asked for, as everybody does who writes to a pipe. */
export class JournalReader implements OutputReader {
  readonly #unit: string;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exit: Promise<number | null>;
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  #complaint = '';
  #error: NodeJS.ErrnoException | undefined;

  /** @param program `journalctl`, or where it is */
  constructor(program: string, unit: string, { channels, lines, follow }: OutputRequest) {
    if (!channels.includes('stdout'))
      throw new UnreadableOutput(
        `systemd runs it as ${unit}: the journal does not tell its stderr from its stdout`,
      );
    this.#unit = unit;
    const args = ['--quiet', '--no-pager', '--output=cat', `--unit=${unit}`];
    args.push(`--lines=${lines ?? 'all'}`, follow ? '--follow' : '--until=now');
    mustBeAbleToRead();
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const { promise, resolve } = Promise.withResolvers<number | null>();
    this.#exit = promise;
    this.#child.on('error', (error) => {
      this.#error = error;
      resolve(null);
    });
    this.#child.on('close', (code) => resolve(code));
    // Where descriptors are short there are no pipes either, whatever the types say.
    const { stdout } = this.#child as { stdout: Readable | undefined };
    if (stdout === undefined) throw new UnreadableOutput(isShort);
    this.#chunks = (stdout as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    this.#child.stderr.on('data', (text: Buffer) => {
      this.#complaint = (this.#complaint + text.toString()).slice(0, complaintMax);
    });
  }

  async next(): Promise<Piece | undefined> {
    if (this.#rest.length === 0) {
      // It breaks where journalctl could not be run, which its end tells.
      const chunk = await this.#chunks.next().catch(() => undefined);
      if (chunk === undefined || chunk.done === true) return this.#ended();
      this.#rest = chunk.value;
    }
    const data = this.#rest.subarray(0, pieceBytesMax);
    this.#rest = this.#rest.subarray(data.length);
    return { channel: 'stdout', data };
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }

  async #ended(): Promise<undefined> {
    const code = await this.#exit;
    if (code !== 0 && !this.#child.killed) throw this.#refusal();
  }

  #refusal(): UnreadableOutput {
    const missing = this.#error?.code === 'ENOENT';
    const why = missing
      ? 'there is no journalctl on its host'
      : this.#complaint.trim().split('\n')[0] || (this.#error?.message ?? 'journalctl failed');
    return new UnreadableOutput(
      `systemd runs it as ${this.#unit} and keeps its output, which cannot be read here: ${why}`,
    );
  }
}
