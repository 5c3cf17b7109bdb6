/**
 * One who looks at a console. He has a place in the ring that all viewers share: one who stands
 * still holds nothing up and costs no memory but what he has taken himself.
 */

import type { Cancel, Time } from '../time.ts';
import type { Marker } from './marker.ts';
import { markerText } from './marker.ts';
import type { Ring } from './ring.ts';

/** Who looks, and from where: for gates, bounds and the audit. */
export interface Who {
  readonly principal: string;
  /** Network address. */
  readonly source: string;
}

export interface ViewerEnd {
  /**
   * - `left`: he wanted so, or his signal was aborted
   * - `slow`: too much waited for him; `standstill`: he took nothing for too long
   * - `revoked`: his right has ended; `expired`: its time was over; `owner-changed`: the machine is somebody else's now
   * - `failed`: it could not be given to him
   * - `closed`: the console is not kept any more
   */
  readonly why:
    'left' | 'slow' | 'standstill' | 'revoked' | 'expired' | 'owner-changed' | 'failed' | 'closed';
  readonly message: string;
  /** What he has not seen of what was there, bytes. */
  readonly missed: number;
}

/** Whether one may type now, since when and through whom. */
export interface RoleChange {
  readonly isWriter: boolean;
  /** `asked`: by himself; `taken`: by another; `idle`: he typed nothing for too long. */
  readonly why: 'asked' | 'taken' | 'idle';
  /** Who has taken it; null unless taken. */
  readonly by: Who | null;
}

/** Where a viewer's console goes. None of it may throw; who does is ended. */
export interface ViewerSink {
  /**
   * What the machine wrote. The bytes stay as they are and must not be written to. False: no more
   * before `Viewer.resume`.
   */
  data(bytes: Buffer, position: number): boolean;
  mark(marker: Marker): void;
  role(change: RoleChange): void;
  /** Once, and nothing after it. */
  end(end: ViewerEnd): void;
}

export interface ViewerRequest extends Who {
  /** What lets him in: the id of a token or of a console connection. */
  readonly right: string;
  /** The right that he has is of this epoch of the machine's owner. */
  readonly epoch: number;
  readonly mayWrite: boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** `cut`: misses nothing or is ended. `skip`: misses bytes, with a mark where and how many. */
  readonly onSlow: 'cut' | 'skip';
  /** Where to begin: so many bytes back, or behind the last byte that he has seen. */
  readonly from: { readonly back: number } | { readonly position: number };
  readonly sink: ViewerSink;
}

interface ViewerSettings {
  readonly time: Time;
  /** Bytes. */
  readonly unreadMax: number;
  readonly standstillMs: number;
}

/** Where one who was too slow goes on, bytes before the newest. */
const skipTo = 8 * 1024;

export class Viewer {
  readonly request: ViewerRequest;
  /** When he came, ms since the epoch. */
  readonly since: number;
  readonly #ring: Ring;
  readonly #settings: ViewerSettings;
  readonly #leave: (viewer: Viewer) => void;
  #position: number;
  #marker: number;
  #isFull = false;
  #isPumping = false;
  #isEnded = false;
  #cancelStandstill: Cancel = () => undefined;

  /** @param leave called once, before he is told the end */
  constructor(
    request: ViewerRequest,
    ring: Ring,
    settings: ViewerSettings,
    leave: (viewer: Viewer) => void,
  ) {
    this.request = request;
    this.since = settings.time.now();
    this.#ring = ring;
    this.#settings = settings;
    this.#leave = leave;
    const { from, signal } = request;
    const wanted = 'back' in from ? ring.end - from.back : from.position;
    const oldest = Math.max(ring.start, ring.end - settings.unreadMax);
    this.#position = Math.min(ring.end, Math.max(oldest, wanted));
    this.#marker = ring.markerAt(this.#position);
    signal.addEventListener('abort', this.#aborted);
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Of the byte that he gets next. */
  get position(): number {
    return this.#position;
  }

  /** Bytes that wait for him. */
  get unread(): number {
    return this.#ring.end - this.#position;
  }

  /** He can take more. */
  resume(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#cancelStandstill();
    this.pump();
  }

  leave(): void {
    this.end('left', 'the viewer left');
  }

  /** A mark for him alone, at the place where he is. */
  mark(kind: Marker['kind'], text: string): void {
    if (this.#isEnded) return;
    const at = this.#settings.time.now();
    this.#guarded(() =>
      this.request.sink.mark({ kind, at, position: this.#position, text: markerText(text) }),
    );
  }

  role(change: RoleChange): void {
    if (!this.#isEnded) this.#guarded(() => this.request.sink.role(change));
  }

  /** Gives him what there is, as long as he takes it. */
  pump(): void {
    // What he does about a piece may bring the next one.
    if (this.#isPumping) return;
    this.#isPumping = true;
    if (this.#isFull) this.#mustNotBeSlow();
    else this.#guarded(() => this.#giveAll());
    this.#isPumping = false;
  }

  /** Ends him: when this returns he has been told, and gets nothing more. */
  end(why: ViewerEnd['why'], message: string): void {
    if (this.#isEnded) return;
    const missed = this.unread;
    this.#isEnded = true;
    this.#cancelStandstill();
    this.request.signal.removeEventListener('abort', this.#aborted);
    this.#leave(this);
    try {
      this.request.sink.end({ why, message, missed });
    } catch {
      // He is gone already.
    }
  }

  readonly #aborted = (): void => this.end('left', 'the viewer was ended');

  #giveAll(): void {
    while (!this.#isEnded && !this.#isFull) {
      this.#mustNotBeSlow();
      if (this.#isEnded || !this.#giveOne()) return;
    }
  }

  /** Whether there was something. */
  #giveOne(): boolean {
    const next = this.#ring.marker(this.#marker);
    if (next !== undefined && next.marker.position <= this.#position) {
      this.#marker = next.number + 1;
      this.request.sink.mark(next.marker);
      return true;
    }
    const bytes = this.#ring.at(this.#position, next?.marker.position);
    if (bytes.length === 0) return false;
    const position = this.#position;
    this.#position += bytes.length;
    if (!this.request.sink.data(bytes, position)) this.#stop();
    return true;
  }

  #stop(): void {
    if (this.#isEnded) return;
    this.#isFull = true;
    const { time, standstillMs } = this.#settings;
    this.#cancelStandstill = time.after(standstillMs, () =>
      this.end('standstill', `the viewer took nothing for ${standstillMs / 1000} s`),
    );
  }

  #mustNotBeSlow(): void {
    const isSlow = this.#position < this.#ring.start || this.unread > this.#settings.unreadMax;
    if (!isSlow) return;
    if (this.request.onSlow === 'cut')
      return this.end('slow', `more than ${this.#settings.unreadMax} bytes waited for the viewer`);
    // Where he goes on shows only when he can take it.
    if (this.#isFull) return;
    const position = Math.max(this.#ring.start, this.#ring.end - skipTo);
    const skipped = position - this.#position;
    this.#position = position;
    this.mark('skipped', `${skipped} bytes were skipped`);
  }

  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.end('failed', `the viewer failed: ${(error as Error).message}`);
    }
  }
}
