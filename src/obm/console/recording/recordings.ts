/** The logs of all consoles: written in rounds, within their limits, and over a full disk. */

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ownDirectorySync } from '../../../disk/modes.ts';
import { ObmError } from '../../errors.ts';
import type { Cancel, Time } from '../../time.ts';
import { Readers } from '../reading/readers.ts';
import { folderName } from './folder-name.ts';
import { keepWithin } from './keeping.ts';
import { OpenFiles } from './open-files.ts';
import { Recording } from './recording.ts';
import type { RecordingServices } from './recording.ts';
import type { RecordingSettings } from './settings.ts';

export interface Trouble {
  /** ms since the epoch. */
  readonly since: number;
  readonly message: string;
}

export interface RecordingsOptions {
  /** Of nobody else; it is made where it is not there. */
  readonly directory: string;
  readonly time: Time;
  readonly settings: RecordingSettings;
  /** Output is not kept, and why; null: all is kept again. Once each, however many consoles. */
  readonly trouble: (trouble: Trouble | null) => void;
}

/** Who writes at a time; the rest of Node's threads are for others, should a disk hang. */
const workersMax = 2;
/** A round takes this part of all time at most: many consoles are written in fewer, larger pieces. */
const restPerWork = 3;
/** Between two looks at what is too old, or too much in all, ms. */
const tidyMs = 30_000;

export class Recordings {
  /** Who reads any of them. */
  readonly readers: Readers;
  readonly #options: RecordingsOptions;
  readonly #files: OpenFiles;
  readonly #services: RecordingServices;
  readonly #open = new Map<string, Recording>();
  readonly #opening = new Set<string>();
  /** Of those that are open, or are being opened. */
  readonly #folders = new Set<string>();
  readonly #due = new Set<Recording>();
  readonly #ready = new Set<Recording>();
  readonly #failing = new Set<Recording>();
  #waiting = 0;
  #workers = 0;
  readonly #working = new Set<Promise<void>>();
  #nextRound: Cancel | null = null;
  #pauseMs: number;
  #cancelRetry: Cancel | null = null;
  #cancelTidy: Cancel;
  #isClosed = false;

  private constructor(options: RecordingsOptions) {
    this.#options = options;
    const { time, settings } = options;
    this.#pauseMs = settings.flushMs;
    this.#files = new OpenFiles(settings.filesMax);
    this.readers = new Readers(settings.readers);
    this.#services = {
      ...{ time, settings, files: this.#files },
      readers: this.readers,
      due: (recording, isMuch) => this.#wants(recording, isMuch),
      mayWait: (bytes) => this.#waiting + bytes <= settings.waitingInAllMax,
      waits: (change) => (this.#waiting += change),
      failed: (recording, error) => this.#failed(recording, error),
      closed: (recording) => this.#forget(recording),
    };
    this.#cancelTidy = this.#tidyLater();
  }

  /** Rejects as the disk does, or where the directory is somebody else's. */
  static async open(options: RecordingsOptions): Promise<Recordings> {
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    ownDirectorySync(options.directory);
    return new Recordings(options);
  }

  get settings(): RecordingSettings {
    return this.#options.settings;
  }

  /** Files that are open to be written. */
  get openFiles(): number {
    return this.#files.count;
  }

  /** Bytes of output that wait for the disk. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Opens the log of a machine. Of what was written under another epoch its readers see nothing.
   *
   * @throws ObmError `settings` where it is open already; rejects as the disk does
   */
  async record(label: string, epoch: number): Promise<Recording> {
    if (this.#open.has(label) || this.#opening.has(label))
      throw new ObmError('settings', `the console of ${label} is logged already`);
    const folder = this.#folderOf(label);
    this.#opening.add(label);
    this.#folders.add(folder);
    try {
      const recording = await Recording.open(label, folder, epoch, this.#services);
      this.#open.set(label, recording);
      return recording;
    } catch (error) {
      this.#folders.delete(folder);
      throw error;
    } finally {
      this.#opening.delete(label);
    }
  }

  /** The log of a machine; undefined where it is not open. */
  get(label: string): Recording | undefined {
    return this.#open.get(label);
  }

  /** Removes the log of a machine that is not open, for good. */
  async remove(label: string): Promise<void> {
    await this.#open.get(label)?.close();
    await rm(this.#folderOf(label), { recursive: true, force: true });
  }

  /** Removes what is too old, or more than may be kept in all. Rejects as the disk does. */
  tidy(): Promise<void> {
    const { directory, time, settings } = this.#options;
    const kepts = {
      directory,
      open: () => [...this.#open.values()],
      isOpen: (folder: string) => this.#folders.has(folder),
    };
    return keepWithin(kepts, settings, time.now());
  }

  /** Writes all that waits, and closes. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#nextRound?.();
    this.#cancelRetry?.();
    this.#cancelTidy();
    for (const recording of [...this.#open.values()]) await recording.close();
    await this.#files.closeAll();
  }

  #folderOf(label: string): string {
    return join(this.#options.directory, folderName(label));
  }

  #wants(recording: Recording, isMuch: boolean): void {
    if (isMuch) {
      this.#due.delete(recording);
      this.#ready.add(recording);
      return this.#work();
    }
    this.#due.add(recording);
    if (this.#isClosed) return;
    this.#nextRound ??= this.#options.time.after(this.#pauseMs, () => void this.#round());
  }

  async #round(): Promise<void> {
    const { time, settings } = this.#options;
    const began = time.monotonic();
    for (const recording of this.#due) this.#ready.add(recording);
    this.#due.clear();
    this.#work();
    await Promise.all(this.#working);
    this.#pauseMs = Math.max(settings.flushMs, restPerWork * (time.monotonic() - began));
    this.#nextRound = null;
    const [next] = this.#due;
    if (next !== undefined) this.#wants(next, false);
  }

  #work(): void {
    // A worker that finds nothing to do has ended when it returns.
    while (this.#workers < workersMax && this.#ready.size > 0) {
      this.#workers += 1;
      const done = this.#workOff();
      this.#working.add(done);
      void done.then(() => this.#working.delete(done));
    }
  }

  async #workOff(): Promise<void> {
    for (const recording of this.#ready) {
      this.#ready.delete(recording);
      await recording.flush();
    }
    this.#workers -= 1;
  }

  #failed(recording: Recording, error: Error): void {
    const isFirst = this.#failing.size === 0;
    this.#failing.add(recording);
    const { time, trouble } = this.#options;
    if (isFirst)
      trouble({ since: time.now(), message: `consoles are not logged: ${error.message}` });
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#isClosed) return;
    const { time, settings } = this.#options;
    this.#cancelRetry ??= time.after(settings.retryMs, () => void this.#retry());
  }

  /** One that fails again shows that the others need not be tried. */
  async #retry(): Promise<void> {
    for (const recording of this.#failing) {
      if (!(await recording.tryAgain())) break;
      this.#recovered(recording);
    }
    this.#cancelRetry = null;
    if (this.#failing.size > 0) this.#retryLater();
  }

  #recovered(recording: Recording): void {
    if (this.#failing.delete(recording) && this.#failing.size === 0) this.#options.trouble(null);
  }

  #forget(recording: Recording): void {
    this.#open.delete(recording.label);
    this.#folders.delete(recording.folder);
    this.#due.delete(recording);
    this.#ready.delete(recording);
    this.#recovered(recording);
  }

  #tidyLater(): Cancel {
    return this.#options.time.after(tidyMs, () => {
      if (this.#isClosed) return;
      const next = (): void => void (this.#cancelTidy = this.#tidyLater());
      // A disk that fails is known by what is written to it.
      void this.tidy().then(next, next);
    });
  }
}
