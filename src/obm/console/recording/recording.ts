/** The log of one console, written whether or not anybody looks. */

import type { Time } from '../../time.ts';
import type { Recorder } from '../console.ts';
import type { Marker } from '../marker.ts';
import type { Readers } from '../reading/readers.ts';
import { readOwner, writeOwner } from './owner-file.ts';
import type { Owner } from './owner-file.ts';
import type { OpenFiles } from './open-files.ts';
import { repair } from './repair.ts';
import type { Repaired } from './repair.ts';
import { SegmentWriter } from './segment-writer.ts';
import { listSegments, removeLeft } from './segment.ts';
import type { Segment } from './segment.ts';
import type { RecordingSettings } from './settings.ts';
import { Waiting } from './waiting.ts';
import type { WaitingItem } from './waiting.ts';

/** What the recordings of all machines share. */
export interface RecordingServices {
  readonly time: Time;
  readonly settings: RecordingSettings;
  readonly files: OpenFiles;
  readonly readers: Readers;
  /** Something waits to be written; at once, where that is much. */
  due(recording: Recording, isMuch: boolean): void;
  /** Whether so many bytes more may wait. */
  mayWait(bytes: number): boolean;
  /** So many bytes more wait, or fewer. */
  waits(change: number): void;
  failed(recording: Recording, error: Error): void;
  closed(recording: Recording): void;
}

interface RecordingState {
  readonly label: string;
  readonly folder: string;
  readonly origin: number;
  readonly wasConnected: boolean | null;
  readonly segments: readonly Segment[];
  readonly owner: Owner;
  /** What is to be said of the last run; null where there was none. */
  readonly started: string | null;
}

/** What is written at once although its time has not come, bytes. */
const muchBytes = 64 * 1024;
/** Positions that a restart leaves out, for bytes that were shown and had not been written yet. */
const restartLeap = 2 ** 20;

const untorn: Repaired = { torn: 0, wasConnected: null };

/** What cannot be mended is read as far as it makes sense. */
const mended = (segment: Segment): Promise<Repaired> => repair(segment).catch(() => untorn);

const timeOf = (item: WaitingItem): number => (item.kind === 'block' ? item.at : item.marker.at);
const shown = (ms: number): string => new Date(ms).toISOString();

export class Recording implements Recorder {
  readonly label: string;
  readonly folder: string;
  readonly origin: number;
  readonly wasConnected: boolean | null;
  readonly #services: RecordingServices;
  readonly #writer: SegmentWriter;
  readonly #waiting = new Waiting();
  readonly #readers = new Set<() => void>();
  #growth = 0;
  #owner: Owner;
  #started: string | null;
  /** Of all that came, kept or not. */
  #end: number;
  /** Since when nothing is kept, and why; null while it is. */
  #lost: { readonly since: number; readonly reason: string } | null = null;
  #isTrying = false;
  #isClosed = false;
  /** One writes at a time. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(state: RecordingState, services: RecordingServices) {
    const { time, settings, files } = services;
    const { label, folder, segments } = state;
    this.label = label;
    this.folder = folder;
    this.origin = this.#end = state.origin;
    this.wasConnected = state.wasConnected;
    this.#owner = state.owner;
    this.#started = state.started;
    this.#services = services;
    this.#writer = new SegmentWriter({ folder, segments, files, settings, time });
  }

  /**
   * Opens the log of a machine, and mends what a crash has left. A disk that is full is none of its
   * business yet: consoles are wanted then too. Rejects where it cannot know what is there.
   */
  static async open(
    label: string,
    folder: string,
    epoch: number,
    services: RecordingServices,
  ): Promise<Recording> {
    // A disk that removes nothing now has it removed another time.
    await removeLeft(folder).catch(() => undefined);
    const segments = await listSegments(folder);
    const last = segments.at(-1);
    const { torn, wasConnected } = last === undefined ? untorn : await mended(last);
    const known = await readOwner(folder);
    const isNew = last === undefined && known === null;
    const end = Math.max(last ? last.start + last.logBytes : 0, known?.position ?? 0);
    let origin = isNew ? 0 : Math.max(end, known?.origin ?? 0) + restartLeap;
    const position = known?.epoch === epoch ? known.position : origin;
    try {
      await writeOwner(folder, { epoch, position, origin });
    } catch {
      // Should the next run come without anything written, its positions are others all the same:
      // it is later.
      origin = Math.max(origin, services.time.now() * 1024);
    }
    const owner = { epoch, position, origin };
    const lost = torn > 0 ? `; ${torn} bytes before were torn and are gone` : '';
    const started = last === undefined ? null : `the log goes on${lost}`;
    const state = { label, folder, origin, wasConnected, segments, owner, started };
    return new Recording(state, services);
  }

  get notKeptSince(): number | null {
    return this.#lost?.since ?? null;
  }

  /** Position of the byte that comes next. */
  get end(): number {
    return this.#end;
  }

  /**
   * Where the last so many bytes begin that are kept and written. What was not kept, as in a flood
   * that was faster than the disk, has positions and counts for nothing.
   */
  startOfLast(bytes: number): number {
    if (bytes === 0) return this.#end;
    let left = bytes;
    for (const { start, logBytes } of this.segments.toReversed()) {
      if (logBytes >= left) return start + logBytes - left;
      left -= logBytes;
    }
    return this.segments[0]?.start ?? 0;
  }

  /** Of the present owner, and where what is his begins. */
  get owned(): Owner {
    return this.#owner;
  }

  /** Who reads, of all machines. */
  get readers(): Readers {
    return this.#services.readers;
  }

  /** Oldest first. */
  get segments(): readonly Segment[] {
    return this.#writer.segments;
  }

  /** Bytes of all its files. */
  get bytes(): number {
    return this.#writer.bytes;
  }

  data(bytes: Buffer, position: number, at: number): void {
    if (this.#isClosed) return;
    this.#end = position + bytes.length;
    if (this.#lost !== null && !this.#isTrying) return;
    const before = this.#waiting.bytes;
    const { settings } = this.#services;
    const mayWait =
      before + bytes.length <= settings.waitingMax && this.#services.mayWait(bytes.length);
    if (!mayWait) return this.#lose(at, new Error('the disk is too slow'));
    this.#start(at);
    this.#waiting.data(bytes, position, at);
    this.#services.waits(this.#waiting.bytes - before);
    this.#services.due(this, this.#waiting.length >= muchBytes);
  }

  mark(marker: Marker): void {
    if (this.#isClosed || (this.#lost !== null && !this.#isTrying)) return;
    const before = this.#waiting.bytes;
    if (before > this.#services.settings.waitingMax) return;
    this.#start(marker.at);
    this.#waiting.mark(marker);
    this.#services.waits(this.#waiting.bytes - before);
    this.#services.due(this, false);
  }

  async owner(epoch: number, position: number): Promise<void> {
    this.#owner = { epoch, position, origin: this.origin };
    this.#wake();
    await this.#alone(() => writeOwner(this.folder, this.#owner));
  }

  /** Writes what waits. Never rejects: what fails is said by `RecordingServices.failed`. */
  async flush(): Promise<void> {
    await this.#alone(() => this.#write());
  }

  /**
   * Tries to go on after a failure; what came meanwhile is not kept, and the log says so.
   *
   * @returns whether it is kept again
   */
  async tryAgain(): Promise<boolean> {
    // What waited before a slow disk was given up comes first.
    await this.flush();
    await this.#alone(async () => {
      if (this.#lost === null || this.#isClosed) return;
      const { since, reason } = this.#lost;
      const now = this.#services.time.now();
      const position = this.#end;
      const missing = position - this.#writer.end;
      const text = `not kept from ${shown(since)} to ${shown(now)}, ${missing} bytes: ${reason}`;
      this.#isTrying = true;
      this.mark({ kind: 'not-kept', at: now, position, text });
      await this.#writer.close();
      const isKept = await this.#write();
      this.#isTrying = false;
      if (isKept) this.#lost = null;
    });
    return this.#lost === null;
  }

  /** Removes the oldest segments for which that is so; never the one that is written. */
  removeOldest(isTooMuch: (oldest: Segment) => boolean): Promise<void> {
    return this.#alone(() => this.#writer.removeOldest(isTooMuch));
  }

  /** Grows with each change that a reader waits for. */
  get growth(): number {
    return this.#growth;
  }

  /**
   * Resolves when `growth` is not any more what it was seen to be: there is more to read, the owner
   * has changed, or it is closed. Or when the signal is aborted.
   */
  grown(seen: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#isClosed || this.#growth !== seen) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#readers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#readers.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.flush();
    this.#isClosed = true;
    await this.#alone(() => this.#writer.close());
    this.#wake();
    this.#services.closed(this);
  }

  /** The first thing that a run writes is that it has begun. */
  #start(at: number): void {
    if (this.#started === null) return;
    const text = this.#started;
    this.#started = null;
    this.#waiting.mark({ kind: 'started', at, position: this.origin, text });
  }

  /** @returns whether it is there */
  async #write(): Promise<boolean> {
    const bytes = this.#waiting.bytes;
    const items = this.#waiting.take();
    const [first] = items;
    if (first === undefined) return this.#lost === null;
    try {
      await this.#writer.write(items);
      return true;
    } catch (error) {
      this.#services.waits(-this.#waiting.bytes);
      this.#waiting.take();
      this.#lose(timeOf(first), error as Error);
      return false;
    } finally {
      this.#services.waits(-bytes);
      this.#wake();
    }
  }

  #wake(): void {
    this.#growth += 1;
    for (const wake of this.#readers) wake();
  }

  #lose(since: number, error: Error): void {
    const reason = (error as NodeJS.ErrnoException).code ?? error.message;
    this.#lost ??= { since, reason };
    this.#services.failed(this, error);
  }

  #alone<T>(call: () => Promise<T>): Promise<T> {
    const done = this.#writing.then(call);
    this.#writing = done.catch(() => undefined);
    return done;
  }
}
