/** The named pipes to which processes write: they outlive the agent and its logger. */

import { execFile } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { channels, pipeName } from '../logger/protocol.ts';
import type { Channel } from '../logger/protocol.ts';

/** Node.js cannot make pipes with names. So many are made at a time, because a program does. */
const spareCount = 64;
const spareName = /^spare\.\d+$/;

export interface OpenPipes {
  readonly stdout: number;
  readonly stderr: number;
  readonly close: () => void;
}

export class Pipes {
  readonly folder: string;
  #spare: string[] | undefined;
  #made = 0;
  #making: Promise<void> | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  path(fid: string, channel: Channel): string {
    return join(this.folder, pipeName(fid, channel));
  }

  /**
   * Opens the pipes of a process, which are made where there are none: for reading too, so that
   * they are never without a reader, which would end the process, as long as the process itself has
   * them open.
   *
   * @throws Error where they cannot be made or opened
   */
  async open(fid: string): Promise<OpenPipes> {
    for (const channel of channels) await this.#make(this.path(fid, channel));
    const opened: number[] = [];
    const close = (): void => opened.splice(0).forEach((descriptor) => closeSync(descriptor));
    try {
      for (const channel of channels)
        opened.push(openSync(this.path(fid, channel), constants.O_RDWR | constants.O_NOFOLLOW));
    } catch (error) {
      close();
      throw error;
    }
    const [stdout, stderr] = opened as [number, number];
    return { stdout, stderr, close };
  }

  remove(fid: string): void {
    for (const channel of channels) rmSync(this.path(fid, channel), { force: true });
  }

  async #make(path: string): Promise<void> {
    while (!statSync(path, { throwIfNoEntry: false })?.isFIFO()) {
      const spare = this.#takeSpare();
      if (spare !== undefined) return renameSync(spare, path);
      this.#making ??= this.#makeSpare().finally(() => (this.#making = undefined));
      await this.#making;
    }
  }

  #takeSpare(): string | undefined {
    if (this.#spare === undefined) {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      const names = readdirSync(this.folder).filter((name) => spareName.test(name));
      this.#spare = names.map((name) => join(this.folder, name));
      this.#made = Math.max(0, ...names.map((name) => Number(name.slice('spare.'.length))));
    }
    return this.#spare.pop();
  }

  async #makeSpare(): Promise<void> {
    const paths = Array.from({ length: spareCount }, () =>
      join(this.folder, `spare.${++this.#made}`),
    );
    await promisify(execFile)('mkfifo', ['-m', '0600', ...paths]);
    this.#spare!.push(...paths);
  }
}
