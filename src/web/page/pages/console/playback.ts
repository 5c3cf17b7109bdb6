/** Plays a recording: at a speed, held still, from anywhere. The clock and what draws are handed in. */

import { frameAfter } from './recording.ts';
import type { Recording } from './recording.ts';

export interface PlaybackParts {
  readonly recording: Recording;
  /** Ms; goes forward only. */
  readonly now: () => number;
  /** Draws what is next; after `clear`, from the beginning. */
  readonly draw: (text: string) => void;
  readonly clear: () => void;
}

export const speeds = [0.5, 1, 2, 4, 8, 16] as const;

export class Playback {
  readonly #parts: PlaybackParts;
  /** Where it is, ms, when it was looked at last. */
  #at = 0;
  #lookedAt: number | null = null;
  #speed = 1;
  /** The next frame that is not drawn. */
  #next = 0;

  constructor(parts: PlaybackParts) {
    this.#parts = parts;
  }

  get isPlaying(): boolean {
    return this.#lookedAt !== null;
  }

  get at(): number {
    return this.#at;
  }

  get speed(): number {
    return this.#speed;
  }

  get isOver(): boolean {
    return this.#at >= this.#parts.recording.lasts;
  }

  /** From the beginning where it is over. */
  play(): void {
    if (this.isPlaying) return;
    if (this.isOver) this.seek(0);
    this.#lookedAt = this.#parts.now();
    this.tick();
  }

  hold(): void {
    this.tick();
    this.#lookedAt = null;
  }

  set speed(speed: number) {
    this.tick();
    this.#speed = speed;
  }

  /** Draws what is due. Called as often as one wants it to look smooth. */
  tick(): void {
    if (this.#lookedAt === null) return;
    const now = this.#parts.now();
    this.#at = Math.min(
      this.#at + (now - this.#lookedAt) * this.#speed,
      this.#parts.recording.lasts,
    );
    this.#lookedAt = now;
    this.#drawDue();
    if (this.isOver) this.#lookedAt = null;
  }

  /** What a terminal shows depends on all before: going back draws that anew. */
  seek(ms: number): void {
    const at = Math.min(Math.max(0, ms), this.#parts.recording.lasts);
    if (at < this.#at) {
      this.#parts.clear();
      this.#next = 0;
    }
    this.#at = at;
    if (this.#lookedAt !== null) this.#lookedAt = this.#parts.now();
    this.#drawDue();
  }

  #drawDue(): void {
    const { frames } = this.#parts.recording;
    const end = frameAfter(frames, this.#at);
    if (end <= this.#next) return;
    const due = frames.slice(this.#next, end);
    this.#next = end;
    this.#parts.draw(due.map(({ text }) => text).join(''));
  }
}
