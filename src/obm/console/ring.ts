/** The last of what a console wrote, by position, with its markers. */

import type { Marker } from './marker.ts';

/** Memory comes in pages, as it is needed; so a console that is silent costs nothing. */
const pageBytes = 4096;
/** Markers that are kept beside. */
const markersMax = 128;

export class Ring {
  readonly #capacity: number;
  /** Each is full but the last; together without holes. */
  #pages: Buffer[] = [];
  /** Position of the first byte of the first page. */
  #base: number;
  #start: number;
  #end: number;
  #markers: Marker[] = [];
  #firstMarker = 0;

  /**
   * @param capacity bytes that are kept
   * @param origin position of the first byte; positions are exact up to 2^53
   */
  constructor(capacity: number, origin: number) {
    this.#capacity = capacity;
    this.#base = this.#start = this.#end = origin;
  }

  /** Position of the oldest byte that is kept. */
  get start(): number {
    return this.#start;
  }

  /** Position of the byte that comes next. */
  get end(): number {
    return this.#end;
  }

  /** Number of the next marker; they are counted from 0. */
  get markersEnd(): number {
    return this.#firstMarker + this.#markers.length;
  }

  /** Bytes of memory. */
  get memory(): number {
    return this.#pages.length * pageBytes;
  }

  append(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const used = (this.#end - this.#base) % pageBytes;
      if (this.#end - this.#base === this.#pages.length * pageBytes)
        this.#pages.push(Buffer.allocUnsafeSlow(pageBytes));
      const piece = bytes.subarray(from, from + pageBytes - used);
      this.#pages.at(-1)?.set(piece, used);
      from += piece.length;
      this.#end += piece.length;
      this.#trim();
    }
  }

  mark(marker: Marker): void {
    this.#markers.push(marker);
    if (this.#markers.length > markersMax) this.#dropMarkers(1);
  }

  /**
   * Bytes from a position on: as many as lie together, at most up to another position. None at the
   * end. They are never written again, however long somebody holds them.
   *
   * @param position from `start` to `end`
   */
  at(position: number, to: number = this.#end): Buffer {
    const place = position - this.#base;
    const page = this.#pages[Math.floor(place / pageBytes)];
    if (page === undefined) return Buffer.alloc(0);
    const from = place % pageBytes;
    const length = Math.min(pageBytes - from, Math.min(to, this.#end) - position);
    return page.subarray(from, from + Math.max(0, length));
  }

  /** The marker of a number, or the oldest that is kept after it; undefined where none is. */
  marker(number: number): { readonly number: number; readonly marker: Marker } | undefined {
    const index = Math.max(0, number - this.#firstMarker);
    const marker = this.#markers[index];
    return marker && { number: this.#firstMarker + index, marker };
  }

  /** Number of the first marker that stands at a position or after it. */
  markerAt(position: number): number {
    const index = this.#markers.findIndex((marker) => marker.position >= position);
    return this.#firstMarker + (index < 0 ? this.#markers.length : index);
  }

  /** Forgets everything; the next byte has the position that it would have had. */
  clear(): void {
    this.#pages = [];
    this.#base = this.#start = this.#end;
    this.#dropMarkers(this.#markers.length);
  }

  #trim(): void {
    if (this.#end - this.#start <= this.#capacity) return;
    this.#start = this.#end - this.#capacity;
    while (this.#base + pageBytes <= this.#start) {
      this.#pages.shift();
      this.#base += pageBytes;
    }
    const gone = this.#markers.findIndex((marker) => marker.position >= this.#start);
    this.#dropMarkers(gone < 0 ? this.#markers.length : gone);
  }

  #dropMarkers(count: number): void {
    if (count === 0) return;
    this.#markers.splice(0, count);
    this.#firstMarker += count;
  }
}
