/** The fleet as it is and goes on: read once, and then what changes. */

import { requestOf } from './calls.ts';
import { UnreachableError } from './errors.ts';
import { followMessages } from './follow.ts';
import type { FollowOptions } from './follow.ts';
import { readLongList } from './long-list.ts';
import type { Transport } from './transport.ts';
import type { FleetAnswer, FleetMachine, FleetQuery, Moment } from './types.ts';

export interface FleetNow {
  readonly meta: FleetAnswer['meta'];
  /** Those that pass, in no order. */
  readonly machines: ReadonlyMap<string, FleetMachine>;
  /** By the clock of the station, ms since the epoch. */
  readonly at: number;
}

/**
 * What is told of the fleet, in this order: it is read anew (`begin`); some machines of it (`machines`), which are in no
 * order; those were all (`whole`); from then on what is otherwise (`change`). Where the stream cannot go on where it
 * was, all of it is read anew.
 */
export type FleetPiece =
  | { readonly kind: 'begin'; readonly meta: FleetAnswer['meta'] }
  | { readonly kind: 'machines'; readonly machines: readonly FleetMachine[] }
  | { readonly kind: 'whole' }
  | ({ readonly kind: 'change' } & Change);

interface Change {
  readonly at: number;
  readonly nodes: readonly FleetMachine[];
  /** Names of those that do not pass any more, or are gone. */
  readonly gone: readonly string[];
}

export type FollowFleetOptions = Pick<
  FollowOptions,
  'signal' | 'onRetry' | 'onOpen' | 'silenceMs' | 'backoffMs'
> & {
  readonly query?: FleetQuery | undefined;
};

/** As many ms without a byte of an answer that has begun mean that there will be none. */
const usualSilenceMs = 30_000;

/** The fleet once, in pieces, as the station answers; at another moment: as it was then. */
export async function* readFleet(
  transport: Transport,
  options: FollowFleetOptions & { readonly at?: Moment | undefined },
): AsyncGenerator<FleetPiece> {
  const { query = {}, at, signal, silenceMs = usualSilenceMs } = options;
  const silent = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const sign = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silent.abort(), silenceMs);
  };
  try {
    const { body } = await transport.open({
      ...requestOf('fleet', [{ ...query, at }]),
      signal: signal === undefined ? silent.signal : AbortSignal.any([silent.signal, signal]),
    });
    sign();
    for await (const { head, items } of readLongList(body, 'nodes', sign)) {
      if (head) yield { kind: 'begin', meta: head['meta'] as FleetAnswer['meta'] };
      yield { kind: 'machines', machines: items as FleetMachine[] };
    }
    yield { kind: 'whole' };
  } catch (error) {
    if (!silent.signal.aborted || signal?.aborted === true) throw error;
    throw new UnreachableError([{ url: 'the station', cause: 'it fell silent amid its answer' }]);
  } finally {
    clearTimeout(timer);
    // Also when the caller has had enough.
    silent.abort();
  }
}

/** The fleet in pieces, and then for ever what changes; what comes together is told together. */
export async function* followFleetPieces(
  transport: Transport,
  options: FollowFleetOptions,
): AsyncGenerator<FleetPiece> {
  const { query = {} } = options;
  for (;;) {
    let version = '';
    for await (const piece of readFleet(transport, options)) {
      if (piece.kind === 'begin') version = piece.meta.version;
      yield piece;
    }
    const messages = followMessages(transport, {
      ...options,
      last: version,
      request: () => requestOf('fleet', [query]),
    });
    for await (const { event, data } of messages) {
      if (event === 'reset' || event === 'start') break;
      yield { kind: 'change', ...(JSON.parse(data) as Change) };
    }
  }
}

/** The fleet at once, and again whenever something changed; what comes together is told together. */
export async function* followFleet(
  transport: Transport,
  options: FollowFleetOptions,
): AsyncGenerator<FleetNow> {
  let meta: FleetAnswer['meta'] | undefined;
  let machines = new Map<string, FleetMachine>();
  for await (const piece of followFleetPieces(transport, options)) {
    if (piece.kind === 'begin') {
      meta = piece.meta;
      machines = new Map();
    }
    if (piece.kind === 'machines') for (const one of piece.machines) machines.set(one.name, one);
    if (piece.kind === 'change') {
      for (const name of piece.gone) machines.delete(name);
      for (const one of piece.nodes) machines.set(one.name, one);
    }
    if (!meta) continue;
    if (piece.kind === 'whole') yield { meta, machines, at: meta.at };
    if (piece.kind === 'change') yield { meta, machines, at: piece.at };
  }
}
