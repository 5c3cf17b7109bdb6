/** How a read finds its graph: now or in the past, and never one that could still vanish. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Graph } from '../core/graph/graph.ts';
import type { ReadGraph } from '../core/graph/read-graph.ts';
import { keyFields } from '../core/graph/resources.ts';
import type { Kind, Rows } from '../core/graph/resources.ts';
import { GraphView } from '../core/graph/view.ts';
import { parseFid } from '../core/values/fid.ts';
import { revision } from '../core/values/revision.ts';
import type { GraphAt } from '../station/replica/archive.ts';
import type { Moment } from '../station/replica/history.ts';
import type { Station } from '../station/station.ts';
import { askerOf, principalOf } from './asker.ts';
import { isMember, mustBeAllowed } from './auth.ts';
import { ApiError } from './errors.ts';
import { streamText } from './streaming.ts';

/** Revisions stay below this for a while; times passed it in 1970. */
const smallestTime = 1_000_000_000_000;

/** `Date.parse` alone takes almost anything for a time, and one without a zone for a time of this machine's. */
const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
const isoWithoutZone = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?$/;
/** How far the clock of whoever asks may be ahead of the station's, ms. */
const aheadMax = 10_000;

const refusedMoment = (why: string): ApiError =>
  new ApiError('invalid-request', why, { field: 'at' });

const momentOf = (text: string): Moment => {
  if (/^\d{1,15}$/.test(text)) {
    const value = Number(text);
    return value < smallestTime ? { revision: revision(value) } : { time: value };
  }
  const time = iso.test(text) ? Date.parse(text) : NaN;
  if (isoWithoutZone.test(text))
    throw refusedMoment(
      `at=${text} does not say which zone it is of; write ${text.slice(0, 10)}T${text.slice(11) || '00:00'}Z, or +01:00 for Z`,
    );
  if (Number.isNaN(time)) throw refusedMoment(`at=${text} is neither a revision nor a time`);
  return { time };
};

/** Nobody knows the future; the present would pass for it. */
const refuseFuture = (station: Station, text: string, moment: Moment): void => {
  if ('revision' in moment && moment.revision > station.head)
    throw refusedMoment(`at=${text} is yet to come: the log is at revision ${station.head}`);
  if ('time' in moment && moment.time > station.now() + aheadMax)
    throw refusedMoment(
      `at=${text} is yet to come: it is ${new Date(station.now()).toISOString()} here`,
    );
};

/** A member is told of a machine what it was while its project has had it. */
const mustSee = ({ graph }: Station, request: FastifyRequest, then: ReadGraph): void => {
  if (isMember(request) && request.routeOptions.config.lent === 'machine')
    mustBeAllowed(graph, request, then);
};

/** How often a read looks again because what it saw was taken back. */
const looks = 3;

/**
 * Reads from the graph that a request asks for.
 *
 * The view is made at once; it is given out when everything it may show is durable. Where the log
 * failed to keep that, the graph is as it was before, and the read looks again.
 *
 * @param kinds of the rows that the view depends on, where they are few: while nothing of these waits for the
 *   disk, it waits for nothing, whatever else pours in
 */
export const read = async <T>(
  station: Station,
  reply: FastifyReply,
  at: string | undefined,
  view: (moment: GraphAt) => T,
  kinds?: readonly Kind[],
): Promise<T> => {
  const asked = at === undefined ? undefined : momentOf(at);
  // What a member may see depends on more.
  const isOnly = kinds !== undefined && !isMember(reply.request);
  if (asked === undefined && isOnly && station.isDurable(kinds)) {
    const { graph, at: time, log } = station;
    const head = log.head();
    // Commits since have changed none of it: it is as it was at the durable head.
    const made = view({ graph, head, at: time });
    reply.header('halcyon-revision', head);
    return made;
  }
  if (at !== undefined && asked) refuseFuture(station, at, asked);
  for (let look = 1; ; look += 1) {
    const { graph, head, at: time } = station;
    const moment =
      asked === undefined ? { graph, head, at: time } : await station.past(asked, askerOf(reply));
    mustSee(station, reply.request, moment.graph);
    const made = view(moment);
    try {
      await station.settled();
    } catch (error) {
      if (look < looks) continue;
      throw error;
    }
    reply.header('halcyon-revision', moment.head);
    return made;
  }
};

/** A moment as a long answer sees it: nothing of it changes while the answer is being made. */
export type LastingMoment = Omit<GraphAt, 'graph'> & { readonly graph: ReadGraph };

/**
 * Answers with a text that may be long, made in fair turns from one moment.
 *
 * @param textOf throws at once what is wrong with the request. It is given the graph as well, which is at that moment
 *   until the text begins: what indexes tell is to be found before
 */
export const readLong = async (
  station: Station,
  reply: FastifyReply,
  at: string | undefined,
  type: string,
  textOf: (moment: LastingMoment, graph: Graph) => Iterable<string>,
): Promise<FastifyReply> => {
  let view: GraphView | undefined;
  const giveBack =
    at === undefined ? undefined : station.history.answers.take(principalOf(reply.request));
  const close = (): void => {
    view?.close();
    giveBack?.();
  };
  let text: Iterable<string>;
  try {
    text = await read(station, reply, at, (moment) => {
      view?.close();
      view = new GraphView(moment.graph);
      return textOf({ ...moment, graph: view }, moment.graph);
    });
  } catch (error) {
    close();
    throw error;
  }
  return streamText(station, reply, askerOf(reply), type, text, close);
};

export const json = 'application/json';

/**
 * Keys that are there at once, by an index; or that are looked for while others have their turns, in the view of the
 * moment, for the graph goes on.
 */
export type Keys = readonly string[] | Generator<undefined, readonly string[]>;

/** What a page is of. */
export interface Paged<K extends Kind> {
  readonly kind: K;
  /** The next keys of the list after one; from the first without one. */
  readonly keys: (after: string | undefined, count: number) => Keys;
  /** Where the list is not by keys: that of the row at a place of it. */
  readonly keyAt?: (place: string) => string;
  readonly view: (row: Rows[K]) => unknown;
}

/**
 * One page of a list as JSON. What is on it is found at once where an index tells, its text is made bit by bit.
 *
 * @throws {ApiError} the cursor is none
 */
export const pageText = <K extends Kind>(
  { graph, head }: LastingMoment,
  { kind, keys, keyAt = (place) => place, view }: Paged<K>,
  { limit = 1000, cursor }: { limit?: number; cursor?: string },
): Iterable<string> => {
  const after = cursor === undefined ? undefined : keyOfCursor(kind, cursor);
  const sought = keys(after, limit + 1);
  return (function* () {
    const found = yield* soughtOut(sought);
    const next = found.length > limit ? found[limit - 1]! : null;
    let separator = `{"revision":${head},"items":[`;
    for (const place of found.slice(0, limit)) {
      yield separator + JSON.stringify(view(graph.must(kind, keyAt(place))));
      separator = ',';
    }
    yield `${found.length === 0 ? separator : ''}],"next":${JSON.stringify(next)}}`;
  })();
};

/** Finds keys; an empty text gives others a turn. */
function* soughtOut(keys: Keys): Generator<string, readonly string[]> {
  if (!('next' in keys)) return keys;
  for (;;) {
    const step = keys.next();
    if (step.done) return step.value;
    yield '';
  }
}

const keyOfCursor = (kind: Kind, cursor: string): string => {
  if (keyFields[kind] !== 'fid') return cursor;
  const fid = parseFid(cursor);
  if (fid) return fid;
  throw new ApiError('invalid-request', 'cursor must be the `next` of a page', { field: 'cursor' });
};
