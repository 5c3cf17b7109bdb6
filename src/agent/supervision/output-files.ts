/** Where processes write what they say: two files each, older parts beside them. */

import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { OutputFile } from './output-file.ts';
import type { OutputLimits } from './output-file.ts';

export const channels = ['stdout', 'stderr'] as const;
export type Channel = (typeof channels)[number];

export const defaultOutputLimits: OutputLimits = { bytes: 10 * 1024 * 1024, files: 3 };

const endings: Readonly<Record<Channel, string>> = { stdout: 'log', stderr: 'err.log' };

type Files = Readonly<Record<Channel, OutputFile>>;

/**
 * Processes write straight into their files, which are open for appending, so that nothing is lost
 * while no agent runs. Hence a file that is too long is copied and then cut, rather than moved:
 * what is written in the moment between is lost.
 */
export class OutputFiles {
  readonly #folder: string;
  readonly #limits: OutputLimits;
  readonly #log: Logger;
  readonly #watched = new Map<string, Files>();
  #notes = 0;
  #turn: Promise<void> | undefined;

  constructor(folder: string, limits: OutputLimits, log: Logger) {
    this.#folder = folder;
    this.#limits = limits;
    this.#log = log;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  path(fid: string, channel: Channel = 'stdout'): string {
    return join(this.#folder, `${fid}.${endings[channel]}`);
  }

  /** The files of a process, which are kept short from now on. */
  watch(fid: string): Files {
    const known = this.#watched.get(fid);
    if (known !== undefined) return known;
    const file = (channel: Channel): OutputFile =>
      new OutputFile(this.path(fid, channel), this.#limits);
    const files: Files = { stdout: file('stdout'), stderr: file('stderr') };
    this.#watched.set(fid, files);
    return files;
  }

  /** The files of a process that is watched. */
  of(fid: string): Files | undefined {
    return this.#watched.get(fid);
  }

  /** Tells whoever reads what happened after all that is written by now. */
  note(fid: string, text: string): void {
    const note = { id: ++this.#notes, text };
    const files = this.watch(fid);
    try {
      for (const channel of channels) files[channel].note(note);
    } catch (error) {
      this.#log.warn({ err: error, fid }, 'cannot look at an output file');
    }
  }

  /**
   * Calls `use` with descriptors to append to, which are open as long as the call lasts.
   *
   * @throws Error where a file cannot be opened
   */
  appending<T>(fid: string, use: (stdout: number, stderr: number) => T): T {
    this.watch(fid);
    const stdout = this.#open(fid, 'stdout');
    try {
      const stderr = this.#open(fid, 'stderr');
      try {
        return use(stdout, stderr);
      } finally {
        closeSync(stderr);
      }
    } finally {
      closeSync(stdout);
    }
  }

  async remove(fid: string): Promise<void> {
    const { stdout, stderr } = this.watch(fid);
    this.#watched.delete(fid);
    await Promise.all([stdout.remove(), stderr.remove()]);
  }

  /** Cuts what has become too long. One round at a time, however long it takes. */
  async tidy(): Promise<void> {
    this.#turn ??= this.#tidyAll().finally(() => (this.#turn = undefined));
    return this.#turn;
  }

  async #tidyAll(): Promise<void> {
    for (const [fid, files] of this.#watched)
      for (const channel of channels)
        await files[channel]
          .shorten()
          .catch((error: unknown) =>
            this.#log.warn({ err: error, fid }, 'cannot cut an output file'),
          );
  }

  #open(fid: string, channel: Channel): number {
    const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
    return openSync(this.path(fid, channel), O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
  }
}
