/**
 * The log on KurrentDB (Event Store): one stream, whose event r - 1 is the commit of revision r.
 *
 * This part puts the others together: `appends.ts` takes commits and settles them, `feed.ts` brings
 * what is in the stream, `history.ts` reads what was, and a look now and then tells whether the
 * servers are there and still have what was read from them.
 */

import type { Commit } from '../../core/events/commit.ts';
import type { Revision } from '../../core/values/revision.ts';
import { after } from '../chain.ts';
import type { LogPosition } from '../chain.ts';
import {
  AppendFailedError,
  HistoryLostError,
  LogCorruptError,
  LogUnavailableError,
  OutcomeUnknownError,
} from '../log.ts';
import type { CommitListener, Durability, EventLog, LogLimits } from '../log.ts';
import type { Register, RegisterName, SharedLog } from '../register.ts';
import { Subscriptions } from '../subscriptions.ts';
import { systemTimers } from '../timers.ts';
import type { Timers } from '../timers.ts';
import { Appends, queueLimits } from './appends.ts';
import type { QueueLimits, WaitingCommit } from './appends.ts';
import { durabilityOf } from './cluster.ts';
import { credentialsOf } from './credentials.ts';
import { eventOf, storedOf } from './event.ts';
import { wordsOf } from './failure.ts';
import { Feed } from './feed.ts';
import { History, MissingError, Reading } from './history.ts';
import { readPlace } from './place.ts';
import { KurrentdbRegister } from './register.ts';
import { Servers } from './servers.ts';
import { KurrentdbStream } from './stream.ts';
import type { Appended, StreamEvent, StreamParts } from './stream.ts';
import { waits, within } from './waits.ts';
import type { Waits } from './waits.ts';

export interface KurrentdbLogOptions {
  /** What follows the scheme of the URL and its colon. */
  readonly place: string;
  /** Whether the scheme said that the servers are to be found by DNS. */
  readonly discover?: boolean;
  /** What is verified before the log opens: the last commits (default) or all. */
  readonly verify?: 'tail' | 'full';
  /** Who the station is to the servers; default: that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly timers?: Timers;
  readonly limits?: Partial<QueueLimits>;
  readonly waits?: Partial<Waits>;
}

const tailCommits = 1000;
/** How often what was read is missed before it is taken for lost. */
const timesMissed = 3;

/**
 * Opens the log, which is there as soon as something is appended.
 *
 * @throws {LogUrlError} the place is not written as it should be
 * @throws {LogUnavailableError} no server answers, or lets this station in
 * @throws {LogCorruptError} it is not as it was written; nothing was changed
 */
export async function openKurrentdbLog(options: KurrentdbLogOptions): Promise<EventLog> {
  const place = readPlace(options.place, options.discover ?? false);
  const servers = await Servers.load(place, credentialsOf(options.env ?? process.env));
  const closing = new AbortController();
  const parts: StreamParts = {
    servers,
    timers: options.timers ?? systemTimers,
    waits: { ...waits, ...options.waits },
    signal: closing.signal,
  };
  const stream = new KurrentdbStream(place.stream, parts);
  const history = new History(stream);
  try {
    const end = await endOf(stream, history, parts, options.verify ?? 'tail');
    const { answer } = parts.waits;
    const durability = await within(parts.timers, answer, durabilityOf(servers, answer)).catch(
      () => 'disk' as const,
    );
    const { maxAppendSize } = place;
    return new KurrentdbLog({
      ...{ ...parts, closing, stream, history, maxAppendSize, durability },
      ...{ ...end, queue: { ...queueLimits, ...options.limits } },
    });
  } catch (error) {
    closing.abort();
    await servers.close();
    throw error;
  }
}

/** Where it ends, and how many bytes of it were read. */
async function endOf(
  stream: KurrentdbStream,
  history: History,
  { servers, waits }: StreamParts,
  verify: 'tail' | 'full',
): Promise<{ end: LogPosition; bytes: number }> {
  let last: StreamEvent | undefined;
  try {
    last = await stream.last(waits.open);
  } catch (cause) {
    const why = wordsOf(cause);
    throw new LogUnavailableError(`KurrentDB (${servers.name}) cannot be used: ${why}`, { cause });
  }
  const head = last === undefined ? 0 : last.revision + 1;
  let end = await history.placeAt(verify === 'full' ? 0 : Math.max(0, head - tailCommits));
  let bytes = 0;
  for await (const { revision, crc, body } of history.stored(end.revision, head)) {
    end = after(end, body);
    bytes += body.length;
    if (end.crc !== crc || end.revision !== revision)
      throw new LogCorruptError(
        `the stream ${stream.name} of KurrentDB is damaged: at revision ${revision}, its checksum ` +
          'is wrong. Nothing was changed. Restore it from a backup, or name another stream',
      );
  }
  return { end, bytes };
}

interface Parts extends StreamParts {
  readonly closing: AbortController;
  readonly stream: KurrentdbStream;
  readonly history: History;
  readonly maxAppendSize: number;
  readonly durability: Durability;
  readonly end: LogPosition;
  readonly bytes: number;
  readonly queue: QueueLimits;
}

class KurrentdbLog implements EventLog {
  readonly files = undefined;
  readonly shared: SharedLog;
  readonly #parts: Parts;
  readonly #appends: Appends;
  readonly #subscriptions: Subscriptions;
  readonly #feed: Feed;
  readonly #registers = new Map<RegisterName, Register>();
  #durability: Durability;
  #bytes: number;
  #trouble: string | undefined;
  /** Why it ends: its history is lost, or damaged. */
  #ended: Error | undefined;
  #missed = 0;
  /** Where the feed stood when it was seen to be behind. */
  #behindAt: number | undefined;
  #looking: Promise<void> | undefined;
  #cancelLook: () => void = () => undefined;
  #closing: Promise<void> | undefined;
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#durability = parts.durability;
    this.#bytes = parts.bytes;
    this.#appends = new Appends({
      end: parts.end,
      maxAppendSize: parts.maxAppendSize,
      queue: parts.queue,
      send: (group, behind) => this.#send(group, behind),
      catchUp: (revision) => this.#catchUp(revision),
      publish: (commit) => this.#subscriptions.publish(commit),
    });
    this.#subscriptions = new Subscriptions(
      (from) => this.read(from),
      () => this.head(),
    );
    this.#feed = new Feed({
      ...parts,
      stream: parts.stream.name,
      known: () => this.#appends.end.revision,
      take: (event) => this.#take(event),
      broken: () => void this.#look(),
    });
    const trouble = (): string | undefined => this.#trouble;
    this.shared = {
      get trouble() {
        return trouble();
      },
      register: (name) => this.#register(name),
    };
    this.#lookLater();
  }

  get durability(): Durability {
    return this.#durability;
  }

  get limits(): LogLimits {
    return this.#appends.limits;
  }

  get groups(): number {
    return this.#appends.groups;
  }

  head(): Revision {
    return this.#appends.end.revision as Revision;
  }

  append(commit: Commit, expected: Revision): Promise<void> {
    if (this.#closing) return Promise.reject(new AppendFailedError('the log is closed'));
    if (this.#ended) return Promise.reject(this.#ended);
    return this.#appends.issue(commit, expected);
  }

  read(from: Revision, to = this.head()): AsyncIterableIterator<Commit> {
    this.#mustBeOpen();
    const commits = this.#parts.history.commits(from, Math.min(to, this.head()));
    return new Reading(
      commits,
      () => this.#mustBeOpen(),
      (error) => this.#explained(error),
    );
  }

  subscribe(from: Revision, listener: CommitListener, failed?: (error: Error) => void): () => void {
    this.#mustBeOpen();
    return this.#subscriptions.subscribe(from, listener, failed);
  }

  async checksum(revision: Revision): Promise<number | undefined> {
    this.#mustBeOpen();
    const { end } = this.#appends;
    if (revision > end.revision) return undefined;
    if (revision === end.revision) return end.crc;
    return this.#lookedUp(async () => (await this.#parts.history.placeAt(revision)).crc);
  }

  async revisionAt(time: number): Promise<Revision> {
    this.#mustBeOpen();
    const found = this.#lookedUp(() => this.#parts.history.revisionAt(time, this.head()));
    return (await found) as Revision;
  }

  /** What went through here; the servers do not tell what a stream occupies. */
  size(): number {
    return this.#bytes;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { closing, servers } = this.#parts;
    await this.#appends.drain();
    this.#closed = true;
    this.#cancelLook();
    this.#feed.end();
    this.#subscriptions.close();
    closing.abort();
    await servers.close();
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new LogUnavailableError('the log is closed');
    if (this.#ended) throw this.#ended;
  }

  async #lookedUp<T>(look: () => Promise<T>): Promise<T> {
    try {
      return await look();
    } catch (error) {
      throw await this.#explained(error as Error);
    }
  }

  /** Of something that is missing: whether the servers have lost it. */
  async #explained(error: Error): Promise<Error> {
    if (error instanceof LogCorruptError || error instanceof MissingError)
      for (let i = 0; i < timesMissed; i++) await this.#look();
    if (this.#closed) return new LogUnavailableError('the log is closed', { cause: error });
    return this.#ended ?? error;
  }

  #send(group: readonly WaitingCommit[], behind: LogPosition): Promise<Appended> {
    const { stream, waits } = this.#parts;
    const events = group.map((waiting, index) =>
      eventOf(stream.name, waiting, (group[index - 1] ?? behind).crc, waiting.commit.at),
    );
    return stream.append(events, behind.revision, waits.call);
  }

  async #catchUp(revision: number): Promise<void> {
    if (revision < this.#appends.end.revision) return this.#look();
    for await (const stored of this.#parts.history.stored(this.#appends.end.revision, revision))
      if (this.#appends.arrive(stored) === 'apart') return this.#look();
  }

  /** Takes what the feed brings; false where it does not follow. */
  #take(event: StreamEvent): boolean {
    const stored = storedOf(event);
    if (stored === undefined) {
      void this.#findDamage(event.revision + 1);
      return true;
    }
    const taken = this.#appends.arrive(stored);
    if (taken === 'taken') this.#bytes += event.data.length;
    if (taken !== 'apart') return true;
    if (stored.revision === this.#appends.end.revision + 1) void this.#findDamage(stored.revision);
    return false;
  }

  /** A commit does not follow the last: it is damaged, or the last is not what it was. */
  async #findDamage(revision: number): Promise<void> {
    await this.#look();
    if (this.#ended || this.#closed || revision !== this.#appends.end.revision + 1) return;
    try {
      const { end } = this.#appends;
      const { crc } = await this.#parts.history.placeAt(end.revision);
      if (crc !== end.crc) return this.#end(new HistoryLostError(end.revision as Revision));
      for await (const stored of this.#parts.history.stored(end.revision, revision))
        if (this.#appends.arrive(stored) === 'apart')
          throw new LogCorruptError(
            `the stream ${this.#parts.stream.name} of KurrentDB is damaged at revision ${revision}`,
          );
    } catch (error) {
      if (error instanceof LogCorruptError) this.#end(error);
    }
  }

  /** Nothing goes on from here. */
  #end(error: Error): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#trouble = error.message;
    this.#feed.end();
    this.#appends.fail(new OutcomeUnknownError(error.message, { cause: error }), error);
    this.#subscriptions.fail(error);
  }

  #lookLater(): void {
    const { timers, waits } = this.#parts;
    this.#cancelLook();
    this.#cancelLook = timers.after(waits.look, () => {
      void this.#look().finally(() => {
        if (!this.#closed && !this.#ended) this.#lookLater();
      });
    });
  }

  /** Looks where the log ends on the servers, and whether they are there. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const { stream, waits, servers } = this.#parts;
    const known = this.#appends.end;
    let last: StreamEvent | undefined;
    try {
      last = await stream.last(waits.answer);
    } catch (error) {
      this.#trouble ??= `KurrentDB (${servers.name}) does not answer: ${wordsOf(error)}`;
      return;
    }
    if (this.#ended || this.#closed) return;
    this.#trouble = undefined;
    const revision = last === undefined ? 0 : last.revision + 1;
    const isOther =
      revision === known.revision && last !== undefined && storedOf(last)?.crc !== known.crc;
    if (isOther) return this.#end(new HistoryLostError(known.revision as Revision));
    this.#missed = revision < known.revision ? this.#missed + 1 : 0;
    if (this.#missed >= timesMissed)
      return this.#end(new HistoryLostError(known.revision as Revision));
    this.#urgeFeed(revision);
  }

  /** A feed that stays behind, while nothing comes of it, is followed anew. */
  #urgeFeed(revision: number): void {
    const { revision: known } = this.#appends.end;
    const isBehind = revision > known;
    if (isBehind && this.#behindAt === known) this.#feed.restart();
    this.#behindAt = isBehind ? known : undefined;
  }

  #register(name: RegisterName): Register {
    const { stream } = this.#parts;
    const made =
      this.#registers.get(name) ??
      new KurrentdbRegister(`${stream.name}-${name}`, {
        ...this.#parts,
        maxAppendSize: () => this.#parts.maxAppendSize,
      });
    this.#registers.set(name, made);
    return made;
  }
}
