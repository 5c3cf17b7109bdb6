/**
 * The streams of the fake, and its rules for appending to them: those of the server's index writer
 * (`CheckCommit`), for the cases that a single stream can meet.
 */

export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export interface StoredEvent extends ProposedEvent {
  readonly revision: number;
  /** Ms since the epoch. */
  readonly created: number;
}

/** A revision, or one of the states that a stream may be expected in. */
export type Expected = number | 'any' | 'no_stream' | 'stream_exists';

/** What became of an append: the last revision of it, or the one that the stream is at. */
export type Appended =
  | { readonly kind: 'kept'; readonly revision: number }
  | { readonly kind: 'wrong-version'; readonly current: number };

/** What a stream is like that was deleted, and may be written again. */
const softDeleted = Number.MAX_SAFE_INTEGER;

interface Metadata {
  readonly $maxCount?: number;
  readonly $tb?: number;
}

export class Streams {
  readonly #streams = new Map<string, StoredEvent[]>();
  readonly #listeners = new Set<() => void>();

  /** Revision of the last event, -1 where there never was one. */
  last(name: string): number {
    return (this.#streams.get(name)?.length ?? 0) - 1;
  }

  /** The first revision that is shown. */
  first(name: string): number {
    const { $maxCount, $tb = 0 } = this.#metadata(name);
    return Math.max($tb, $maxCount === undefined ? 0 : this.last(name) + 1 - $maxCount);
  }

  /** Whether a reader finds it. */
  exists(name: string): boolean {
    return this.last(name) >= 0 && this.first(name) <= this.last(name);
  }

  /** Events that are shown, from a revision on, forwards. */
  read(name: string, from: number, count: number): StoredEvent[] {
    const events = this.#streams.get(name) ?? [];
    const start = Math.max(from, this.first(name));
    return events.slice(start, start + Math.max(0, count));
  }

  append(name: string, expected: Expected, events: readonly ProposedEvent[]): Appended {
    const current = this.last(name);
    const state = this.#check(name, expected, events);
    if (state === 'wrong') return { kind: 'wrong-version', current };
    if (typeof state === 'number') return { kind: 'kept', revision: state };
    const stream = this.#streams.get(name) ?? [];
    this.#streams.set(name, stream);
    const wasDeleted = this.#metadata(name).$tb === softDeleted;
    for (const event of events)
      stream.push({ ...event, revision: stream.length, created: Date.now() });
    if (wasDeleted) this.setMetadata(name, { $tb: current + 1 });
    for (const listener of this.#listeners) listener();
    return { kind: 'kept', revision: stream.length - 1 };
  }

  /** Deletes it softly: its revisions go on where they were. */
  delete(name: string): void {
    this.setMetadata(name, { ...this.#metadata(name), $tb: softDeleted });
  }

  setMetadata(name: string, metadata: Metadata): void {
    const data = Buffer.from(JSON.stringify(metadata));
    const event = { type: '$metadata', isJson: true, data, metadata: new Uint8Array() };
    this.append(`$$${name}`, 'any', [{ ...event, id: crypto.randomUUID() }]);
  }

  /** What no server does by itself: forgets what is behind a revision, as an older backup does. */
  forget(name: string, last: number): void {
    this.#streams.get(name)?.splice(last + 1);
  }

  /** Changes an event where it lies, as a bad disk does. */
  damage(name: string, revision: number, data: Uint8Array): void {
    const stream = this.#streams.get(name);
    const event = stream?.[revision];
    if (stream && event) stream[revision] = { ...event, data };
  }

  /** Calls with every append, to whatever stream; gives a function that ends it. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #check(
    name: string,
    expected: Expected,
    events: readonly ProposedEvent[],
  ): 'ok' | 'wrong' | number {
    const stream = this.#streams.get(name) ?? [];
    const current = stream.length - 1;
    if (expected === 'any' || expected === 'stream_exists') {
      if (expected === 'stream_exists' && current < 0) return 'wrong';
      const at = events.map(({ id }) => stream.findLastIndex((event) => event.id === id));
      if (at.length === 0 || at[0] === -1) return 'ok';
      return at.includes(-1) ? 'wrong' : (at.at(-1) as number);
    }
    const version = expected === 'no_stream' ? -1 : expected;
    if (version > current) return 'wrong';
    if (version === current) return 'ok';
    // What is there already in its place is not written again; a part of it is not enough.
    if (events.length > 0 && events.every(({ id }, i) => stream[version + 1 + i]?.id === id))
      return version + events.length;
    const isSoftDeleted = this.#metadata(name).$tb === softDeleted;
    return expected === 'no_stream' && isSoftDeleted ? 'ok' : 'wrong';
  }

  #metadata(name: string): Metadata {
    if (name.startsWith('$$')) return { $maxCount: 1 };
    const last = this.#streams.get(`$$${name}`)?.at(-1);
    return last === undefined ? {} : (JSON.parse(Buffer.from(last.data).toString()) as Metadata);
  }
}
