/** Follows the stream, over whatever connection there is: what every station appends. */

import { failureOf } from './failure.ts';
import { streamEvent } from './stream.ts';
import type { StreamEvent, StreamParts } from './stream.ts';

export interface FeedParts extends StreamParts {
  readonly stream: string;
  /** How many events are known. */
  readonly known: () => number;
  /**
   * Takes an event.
   *
   * @returns whether it followed what was known; where not, the stream is followed anew
   */
  readonly take: (event: StreamEvent) => boolean;
  /** Told when it has broken off; it begins again by itself. */
  readonly broken: () => void;
}

type Following = ReturnType<StreamParts['servers']['connection']['client']['subscribeToStream']>;

/** After so many in a row the connection is taken for dead. */
const breaksOfConnection = 3;

export class Feed {
  readonly #parts: FeedParts;
  #following: Following | undefined;
  #pause: number;
  /** How often it broke off since something came of it. */
  #breaks = 0;
  #cancelRest: (() => void) | undefined;
  #ended = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#pause = parts.waits.firstRest;
    parts.servers.onRenewed(() => this.restart());
    this.#begin();
  }

  /** Follows the stream anew, from what is known. */
  restart(): void {
    this.#leave();
    if (!this.#ended) this.#beginLater();
  }

  end(): void {
    this.#ended = true;
    this.#cancelRest?.();
    this.#leave();
  }

  #begin(): void {
    const { servers, stream, known, take, waits } = this.#parts;
    const { connection } = servers;
    const count = known();
    // Behind the event that is named.
    const fromRevision = count === 0 ? ('start' as const) : BigInt(count - 1);
    const following = connection.client.subscribeToStream(stream, {
      ...{ fromRevision, ...servers.terms },
    });
    this.#following = following;
    const isOurs = (): boolean => this.#following === following;
    following.on('data', ({ event }) => {
      if (!isOurs()) return;
      this.#pause = waits.firstRest;
      this.#breaks = 0;
      if (event && !take(streamEvent(event))) this.#breakOff(following);
    });
    following.on('error', (error) => {
      if (!isOurs()) return;
      this.#breakOff(following);
      const failure = failureOf(error);
      // A channel that failed waits longer each time before it tries again; another does not.
      if (failure.kind === 'not-leader') servers.renew(connection, failure.leader);
      else if (++this.#breaks % breaksOfConnection === 0) servers.renew(connection);
    });
    // One that ends without an error would be silent for ever.
    for (const name of ['end', 'close'] as const)
      following.on(name, () => isOurs() && this.#breakOff(following));
  }

  #breakOff(following: Following): void {
    if (this.#following !== following) return;
    this.#leave();
    if (this.#ended) return;
    this.#parts.broken();
    this.#beginLater();
  }

  #beginLater(): void {
    const { timers, waits } = this.#parts;
    if (this.#cancelRest) return;
    this.#cancelRest = timers.after(this.#pause, () => {
      this.#cancelRest = undefined;
      if (!this.#ended) this.#begin();
    });
    this.#pause = Math.min(this.#pause * 2, waits.longestRest);
  }

  #leave(): void {
    const following = this.#following;
    this.#following = undefined;
    // What comes of a stream that nobody follows any more is nobody's concern.
    following?.on('error', () => undefined);
    following?.unsubscribe().catch(() => undefined);
  }
}
