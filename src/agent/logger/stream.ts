/** One pipe that a process writes to, and the file that it all goes to. */

import { constants, fstatSync, openSync, readlinkSync, readSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Place } from './place.ts';
import { RollingFile } from './rolling-file.ts';
import type { OutputLimits } from './rolling-file.ts';

/** Every pipe is read into this, and what was read is written before anything else is read. */
const buffer = Buffer.allocUnsafe(64 * 1024);
/** A pipe holds no more, unless its process made it larger: what was in it at a time, in reads. */
const drainReads = 16;

export interface StreamEvents {
  /** Nobody has the pipe open for writing any more. */
  readonly left: () => void;
  /** Some of what was written could not be kept, for the first time since it last could. */
  readonly losing: (error: Error) => void;
}

export class OutputStream {
  readonly #pipe: string;
  readonly #file: RollingFile;
  readonly #events: StreamEvents;
  #socket: Socket | undefined;
  #descriptor = -1;
  #closed = false;
  /** Bytes that could not be kept, and why. */
  #lost = 0;
  #why = '';
  /** Whether somebody has the pipe open, or is about to. */
  isUsed = true;

  constructor(pipe: string, path: string, limits: OutputLimits, events: StreamEvents) {
    this.#pipe = pipe;
    this.#file = new RollingFile(path, limits);
    this.#events = events;
  }

  /**
   * Reads from now on what is written to the pipe.
   *
   * @param holder descriptor of a process that has it open: the way to a pipe whose name is gone
   * @throws Error where there is no way to the pipe
   */
  open(holder?: string): void {
    const isUnlinked = holder !== undefined && linkOf(holder) === `${this.#pipe} (deleted)`;
    this.isUsed = true;
    const path = isUnlinked ? holder : this.#pipe;
    if (this.#socket?.destroyed === false && isSame(this.#descriptor, path)) return;
    this.#release();
    this.#listen(path);
  }

  /** Writes what the process has written by now, and says where that ends. */
  mark(): Place {
    this.#drain();
    this.#mention();
    return this.#file.end();
  }

  close(): void {
    this.#closed = true;
    this.#release();
    this.#file.close();
  }

  #listen(path: string): void {
    const { O_RDONLY, O_NONBLOCK } = constants;
    this.#descriptor = openSync(path, O_RDONLY | O_NONBLOCK);
    const callback = (bytes: number): boolean => {
      this.#keep(buffer.subarray(0, bytes));
      return true;
    };
    const socket = new Socket({
      fd: this.#descriptor,
      readable: true,
      writable: false,
      onread: { buffer, callback },
    });
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('end', () => {
      if (this.#socket === socket) this.isUsed = false;
    });
    socket.on('close', () => {
      if (this.#socket === socket) this.#left(path);
    });
    socket.resume();
  }

  /** Who writes next finds it open again. */
  #left(path: string): void {
    this.#socket = undefined;
    if (this.#closed) return;
    this.#mention();
    this.#file.close();
    try {
      if (path === this.#pipe) this.#listen(path);
    } catch {
      // It is asked for anew before the next process begins.
    }
    this.#events.left();
  }

  #release(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #drain(): void {
    // Once it is destroyed, the number of its descriptor may be another one's.
    if (this.#socket?.destroyed !== false) return;
    try {
      for (let reads = 0; reads < drainReads; reads += 1) {
        const bytes = readSync(this.#descriptor, buffer);
        if (bytes === 0) return;
        this.#keep(buffer.subarray(0, bytes));
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }

  /** A process never waits for a disk that is full: what does not go there is counted. */
  #keep(data: Buffer): void {
    if (!this.#mention()) this.#lost += data.length;
    else this.#put(data);
  }

  #put(data: Buffer): boolean {
    let left = data.length;
    try {
      this.#file.append(data, (bytes) => (left -= bytes));
      return true;
    } catch (error) {
      this.#file.close();
      if (this.#lost === 0) this.#events.losing(error as Error);
      this.#why = (error as Error).message;
      this.#lost += left;
      return false;
    }
  }

  /** Says in the file how much is missing there; false where not even that can be written. */
  #mention(): boolean {
    if (this.#lost === 0) return true;
    const lost = this.#lost;
    const text = `\n[${lost} bytes of output could not be kept here: ${this.#why}]\n`;
    if (!this.#put(Buffer.from(text))) {
      this.#lost = lost;
      return false;
    }
    this.#lost = 0;
    return true;
  }
}

/** A pipe that was removed may have been made anew under its name. */
const isSame = (descriptor: number, path: string): boolean =>
  fstatSync(descriptor).ino === statSync(path).ino;

const linkOf = (path: string): string | undefined => {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
};
