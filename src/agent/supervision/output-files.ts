/** What processes write: through pipes and the logger into two files each, older parts beside them. */

import { accessSync, constants, mkdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { endAt, partOf } from '../logger/place.ts';
import { channels, fileName } from '../logger/protocol.ts';
import type { Channel, LoggerRequest, Places } from '../logger/protocol.ts';
import type { OutputLimits } from '../logger/rolling-file.ts';
import { DirectFiles } from './direct-files.ts';
import { LoggerLink } from './logger-link.ts';
import type { Note } from './output-file.ts';
import { Pipes } from './pipes.ts';
import type { Main } from './proc.ts';

export const defaultOutputLimits: OutputLimits = { bytes: 10 * 1024 * 1024, files: 3 };

/** Older ones are of no use to anybody who reads. */
const notesMax = 64;
/** Between two attempts to have a logger again, ms. */
const retryMs = 1000;

/** What is remembered of the output of a process. */
export interface Output {
  readonly fid: string;
  /** What happened, at its place in each stream, oldest first. */
  readonly notes: Readonly<Record<Channel, Note[]>>;
  /** Ends when all that is to be noted has its place. */
  settled: Promise<void>;
  /** Where each stream ended before its last run. */
  begin: Places | undefined;
  /** Whether it writes to its pipes: the next logger has to read them. */
  isPiped: boolean;
  /** Who has them open; null where nobody is known. */
  writer: Main | null;
}

export class OutputFiles {
  readonly limits: OutputLimits;
  readonly #folder: string;
  readonly #log: Logger;
  readonly #pipes: Pipes;
  readonly #link: LoggerLink;
  readonly #direct: DirectFiles;
  readonly #outputs = new Map<string, Output>();
  #notes = 0;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  /** @throws Error where the state directory cannot be used */
  constructor(stateDir: string, limits: OutputLimits, log: Logger) {
    const [files, pipes] = [join(stateDir, 'logs'), join(stateDir, 'pipes')];
    this.limits = limits;
    this.#folder = files;
    this.#log = log;
    this.#pipes = new Pipes(pipes);
    this.#link = new LoggerLink({ pipes, files, log, lost: () => void this.#readAgain() });
    this.#direct = new DirectFiles(limits, log);
    mkdirSync(files, { recursive: true, mode: 0o700 });
  }

  path(fid: string, channel: Channel = 'stdout'): string {
    return join(this.#folder, fileName(fid, channel));
  }

  /** What is remembered of a process from now on. */
  watch(fid: string): Output {
    const known = this.#outputs.get(fid);
    if (known !== undefined) return known;
    const notes = { stdout: [], stderr: [] };
    const output: Output = {
      fid,
      notes,
      settled: Promise.resolve(),
      begin: undefined,
      isPiped: false,
      writer: null,
    };
    this.#outputs.set(fid, output);
    return output;
  }

  of(fid: string): Output | undefined {
    return this.#outputs.get(fid);
  }

  /** Goes on with the output of a process that an earlier agent started. */
  adopt(fid: string, main: Main): void {
    const output = this.watch(fid);
    const paths = channels.map((channel) => this.path(fid, channel));
    if (isDirect(paths, main.pid)) return this.#direct.add(fid, paths);
    output.isPiped = true;
    output.writer = main;
    void this.#read(output);
  }

  /**
   * Calls `use` with descriptors to write to, which are open as long as the call lasts.
   *
   * @throws Error where there is nobody to read what is written
   */
  async writing<T>(fid: string, use: (stdout: number, stderr: number) => T): Promise<T> {
    const output = this.watch(fid);
    // The logger would count as lost whatever is written: nothing begins that leaves no trace.
    accessSync(this.#folder, constants.W_OK);
    this.#direct.remove(fid);
    const pipes = await this.#pipes.open(fid);
    try {
      output.isPiped = true;
      output.writer = null;
      output.begin = (await this.#link.ask(this.#opening(output))) ?? undefined;
      return use(pipes.stdout, pipes.stderr);
    } finally {
      pipes.close();
    }
  }

  /** The process that was to write is there, and has not written anything yet. */
  began(fid: string, main: Main | null): void {
    const output = this.watch(fid);
    output.writer = main;
    const text = `started as process ${main?.pid ?? 'unknown'}`;
    if (output.begin !== undefined) this.#keep(output, (this.#notes += 1), text, output.begin);
  }

  /** Tells whoever reads what happened after all that is written by now. */
  note(fid: string, text: string): void {
    const output = this.watch(fid);
    const id = (this.#notes += 1);
    const [before, ends] = [output.settled, this.ends(fid)];
    output.settled = (async () => {
      await before;
      this.#keep(output, id, text, await ends);
    })();
  }

  /** Where what is written by now ends. */
  async ends(fid: string): Promise<Places> {
    const places = this.#link.isOpen
      ? await this.#link.ask({ do: 'mark', fid }).catch(() => null)
      : null;
    return places ?? { stdout: endAt(this.path(fid)), stderr: endAt(this.path(fid, 'stderr')) };
  }

  async remove(fid: string): Promise<void> {
    this.#outputs.delete(fid);
    this.#direct.remove(fid);
    if (this.#link.isOpen)
      await this.#link
        .ask({ do: 'close', fid })
        .catch((error: unknown) => this.#complain(fid, error));
    this.#pipes.remove(fid);
    for (const channel of channels)
      for (let age = 0; age < this.limits.files; age += 1)
        rmSync(partOf(this.path(fid, channel), age), { force: true });
  }

  async tidy(): Promise<void> {
    return this.#direct.tidy();
  }

  /** The logger goes on without this agent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#link.close();
  }

  async #read(output: Output): Promise<void> {
    const { fid } = output;
    try {
      const pipes = await this.#pipes.open(fid);
      try {
        await this.#link.ask(this.#opening(output));
      } finally {
        pipes.close();
      }
    } catch (error) {
      this.#complain(fid, error);
      this.#retrySoon();
    }
  }

  #opening({ fid, writer }: Output): LoggerRequest {
    return { do: 'open', fid, pid: writer?.pid ?? null, limits: this.limits };
  }

  #keep({ notes }: Output, id: number, text: string, ends: Places): void {
    for (const channel of channels) {
      notes[channel].push({ id, text, at: ends[channel] });
      if (notes[channel].length > notesMax) notes[channel].shift();
    }
  }

  /** Those that write wait when their pipes are full, until there is a logger again. */
  async #readAgain(): Promise<void> {
    for (const output of this.#outputs.values())
      if (output.isPiped && !this.#closed) await this.#read(output);
  }

  #retrySoon(): void {
    if (this.#closed) return;
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      void this.#readAgain();
    }, retryMs).unref();
  }

  #complain(fid: string, error: unknown): void {
    if (!this.#closed) this.#log.error({ err: error, fid }, 'the output of a process is not read');
  }
}

/** Whether a process writes straight into one of the files. */
const isDirect = (paths: readonly string[], pid: number): boolean =>
  paths.some((path, i) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${i + 1}`) === path;
    } catch {
      return false;
    }
  });
