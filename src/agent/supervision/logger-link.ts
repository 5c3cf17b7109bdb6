/** The agent's connection to its logger, which it starts where there is none. */

import { spawn } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { agentVersion } from '../facts.ts';
import { readMessages, socketName } from '../logger/protocol.ts';
import type { LoggerMessage, LoggerRequest, Places } from '../logger/protocol.ts';
import { NotNow } from './unknown.ts';

/** A logger that says nothing for so long is ended, and another one started, ms. */
const silenceMs = 20_000;
const startMs = 30_000;
const lookMs = 20;

type Answer = PromiseWithResolvers<Places | null>;

export interface LinkOptions {
  /** Where the pipes are. */
  readonly pipes: string;
  /** Where the files are. */
  readonly files: string;
  readonly log: Logger;
  /** Called when a connection that was there is lost: the logger has died. */
  readonly lost: () => void;
}

export class LoggerLink {
  readonly #options: LinkOptions;
  #socket: Promise<Socket> | undefined;
  /** Its pid, while it is connected. */
  #logger: number | undefined;
  readonly #waiting: Answer[] = [];
  #watchdog: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Whether a logger is there, or is being started. */
  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  /**
   * Asks for something, of a logger that is started where none runs.
   *
   * @throws {NotNow} there is no logger, or it says that it cannot
   */
  async ask(request: LoggerRequest): Promise<Places | null> {
    if (this.#closed) throw new NotNow('the agent is ending');
    this.#socket ??= this.#open();
    const socket = await this.#socket;
    const answer: Answer = Promise.withResolvers();
    this.#waiting.push(answer);
    this.#watchdog ??= setTimeout(() => this.#endSilent(), silenceMs).unref();
    // Only who waits for an answer keeps this process.
    socket.ref();
    socket.write(`${JSON.stringify(request)}\n`);
    return answer.promise.finally(() => {
      if (this.#waiting.length === 0) socket.unref();
    });
  }

  close(): void {
    this.#closed = true;
    this.#socket?.then(
      (socket) => socket.destroy(),
      () => undefined,
    );
  }

  async #open(): Promise<Socket> {
    try {
      const { pipes } = this.#options;
      mkdirSync(pipes, { recursive: true, mode: 0o700 });
      const found = await this.#connect();
      if (found !== undefined) return found;
      return await this.#start();
    } catch (error) {
      this.#socket = undefined;
      throw error;
    }
  }

  /** A connection to a logger of this release; undefined where there is none. */
  async #connect(): Promise<Socket | undefined> {
    // A path of any length, although that of a socket is short.
    const folder = openSync(this.#options.pipes, constants.O_RDONLY | constants.O_DIRECTORY);
    const socket = connect(`/proc/self/fd/${folder}/${socketName}`);
    try {
      await once(socket, 'connect');
    } catch {
      return undefined;
    } finally {
      closeSync(folder);
    }
    const hello = Promise.withResolvers<LoggerMessage | undefined>();
    const timer = setTimeout(() => hello.resolve(undefined), silenceMs);
    let isKnown = false;
    readMessages<LoggerMessage>(socket, (message) => {
      if (isKnown) return this.#take(message);
      isKnown = true;
      hello.resolve(message);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => hello.resolve(undefined));
    const message = await hello.promise;
    clearTimeout(timer);
    if (message?.type !== 'hello') {
      socket.destroy();
      return undefined;
    }
    if (message.version !== agentVersion) {
      socket.write(`${JSON.stringify({ do: 'quit' } satisfies LoggerRequest)}\n`);
      const hangs = setTimeout(() => end(message.pid), silenceMs);
      if (!socket.closed) await once(socket, 'close');
      clearTimeout(hangs);
      return undefined;
    }
    this.#logger = message.pid;
    socket.unref();
    socket.on('close', () => this.#lost());
    return socket;
  }

  async #start(): Promise<Socket> {
    const { pipes, files } = this.#options;
    // The published package is compiled, so its file ends as this one does.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    const program = fileURLToPath(new URL(`../logger/main${extension}`, import.meta.url));
    const cache = process.env['NODE_COMPILE_CACHE'];
    const child = spawn(process.execPath, [...flags, program, pipes, files, agentVersion], {
      cwd: pipes,
      // Nothing of the agent's own: its token may be there.
      env: cache === undefined ? {} : { NODE_COMPILE_CACHE: cache },
      detached: true,
      stdio: 'ignore',
    });
    let failure: string | undefined;
    child.on('error', (error) => (failure = error.message));
    child.on('exit', (code, signal) => (failure = `it ended with ${signal ?? code}`));
    child.unref();
    const deadline = performance.now() + startMs;
    while (performance.now() < deadline) {
      await wait(lookMs);
      const socket = await this.#connect();
      if (socket !== undefined) {
        this.#options.log.info({ pid: child.pid }, 'the logger of the output of processes runs');
        return socket;
      }
      if (failure !== undefined) throw new NotNow(`its logger cannot be started: ${failure}`);
    }
    child.kill('SIGKILL');
    throw new NotNow(`its logger cannot be started: it says nothing for ${startMs / 1000} s`);
  }

  #take(message: LoggerMessage): void {
    if (message.type === 'losing') {
      const { fid, channel, reason } = message;
      return this.#options.log.warn({ fid, channel, reason }, 'output of a process is being lost');
    }
    const answer = this.#waiting.shift();
    clearTimeout(this.#watchdog);
    this.#watchdog = undefined;
    if (this.#waiting.length > 0)
      this.#watchdog = setTimeout(() => this.#endSilent(), silenceMs).unref();
    if (message.type === 'done') answer?.resolve(message.places);
    else if (message.type === 'failed')
      answer?.reject(new NotNow(`its logger cannot read it: ${message.reason}`));
  }

  /** Its pipes keep what it has not read; the next one reads on. */
  #endSilent(): void {
    this.#options.log.error('the logger does not answer; another one is started');
    if (this.#logger !== undefined) end(this.#logger);
  }

  #lost(): void {
    this.#socket = undefined;
    this.#logger = undefined;
    clearTimeout(this.#watchdog);
    this.#watchdog = undefined;
    for (const { reject } of this.#waiting.splice(0))
      reject(new NotNow('its logger has died; another one is started'));
    if (!this.#closed) this.#options.lost();
  }
}

/** Ends a logger whose connection is open, so that the number is still its own. */
const end = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
};

/** Little memory, and no debugger on a signal. */
const flags = [
  '--disable-sigusr1',
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=1',
  '--v8-pool-size=0',
];
