/** The fleet as a view asks for it, for pages to draw. */

import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { orderNamed } from '../../../checks/view/request.ts';
import type { FleetRow, ViewedCheck } from '../../../checks/view/row.ts';
import { ApiError } from '../../../client/errors.ts';
import { stationNow, stationSaid } from '../state/clock.ts';
import { useAnswer } from '../state/answer.ts';
import { useLive } from '../state/live.ts';
import { useAgainLater } from '../state/passing.ts';
import { Slice } from '../state/slices.ts';
import { isExpired, station } from '../state/station.ts';
import { useStream } from '../state/stream.ts';
import { useSession } from '../state/who.ts';
import { filterRead, groupsOf } from './filter-test.ts';
import type { Memberships } from './filter-test.ts';
import { Machines } from './machines.ts';
import { rowOrder } from './order.ts';
import type { FleetView } from './view.ts';
import { Watch } from './watch.ts';

export interface FleetShown {
  /** In order; they stay where they are while they are held. */
  readonly rows: readonly FleetRow[];
  /** Those that pass, whatever is held. */
  readonly passing: readonly FleetRow[];
  /** All among which the filter chooses, by name. */
  readonly all: ReadonlyMap<string, FleetRow>;
  readonly checks: readonly ViewedCheck[];
  /** Another one whenever anything may have changed. */
  readonly version: number;
  /** Whether all machines have come. */
  readonly isWhole: boolean;
  /** Machines that have changed and are shown where or as they were. */
  readonly waiting: number;
  /** Why there are no machines. */
  readonly error: unknown;
  /** What is wrong with the filter or the order; then the last good one holds. */
  readonly viewError: unknown;
  /** Shows what waits. */
  readonly release: () => void;
  readonly again: () => void;
}

/** How often a filter by age is looked at anew, ms. */
const agesMs = 5000;

interface Choice {
  readonly groups: string | undefined;
  readonly nodes: string | undefined;
  readonly at: string | undefined;
}

/** @param isHeld whether somebody points at the rows */
export const useFleet = (view: FleetView, isHeld: boolean): FleetShown => {
  const [version, draw] = useState(0);
  const [round, setRound] = useState(0);
  const { groups, nodes, at } = view;
  const again = useCallback(() => setRound((last) => last + 1), []);
  const { signedIn } = useSession();
  // What is now goes on by itself when somebody has signed in again.
  const key = JSON.stringify([groups, nodes, at, round, at === undefined ? 0 : signedIn]);
  const { machines, watch } = useMemo(() => {
    const made = new Machines();
    return { machines: made, watch: new Watch(made, () => draw((last) => last + 1)) };
  }, [key]);
  useEffect(() => () => watch.close(), [watch]);
  const { isPaused } = useLive();
  watch.hold(isHeld);
  watch.pause(isPaused);
  const error = useMachines(machines, key, { groups, nodes, at });
  useAgainLater(error, again);
  const memberships = useMemberships(view.filter, at);
  const viewError = useArrangement(watch, machines, view, memberships.groups);
  return {
    rows: watch.rows,
    passing: watch.passing,
    all: machines.rows,
    checks: machines.checks,
    version,
    isWhole: machines.isWhole,
    waiting: watch.waiting,
    error,
    viewError: viewError ?? memberships.error,
    release: () => watch.release(),
    again,
  };
};

/** Has the machines read and followed. */
const useMachines = (machines: Machines, key: string, { groups, nodes, at }: Choice): unknown => {
  const [error, setError] = useState<{ readonly of: Machines; readonly error: unknown }>();
  const query = {
    ...(groups === undefined ? {} : { groups }),
    ...(nodes === undefined ? {} : { nodes }),
  };
  const take = async (pieces: ReturnType<typeof station.readFleet>): Promise<void> => {
    const slice = new Slice();
    for await (const piece of pieces) {
      if (piece.kind === 'begin' && at === undefined) stationSaid(piece.meta.at);
      if (piece.kind === 'change') stationSaid(piece.at);
      if (piece.kind === 'begin') setError(undefined);
      machines.take(piece);
      if (slice.isOver) await slice.next();
    }
  };
  useStream('fleet', at === undefined ? key : null, async (followed) => {
    try {
      await take(station.followFleetPieces({ ...followed, query }));
    } catch (failed) {
      if (!isRefused(failed)) throw failed;
      // Asked again it would be refused again.
      setError({ of: machines, error: failed });
      await new Promise((resolve) => followed.signal.addEventListener('abort', resolve));
    }
  });
  useEffect(() => {
    if (at === undefined) return undefined;
    const giveUp = new AbortController();
    take(station.readFleet({ query, at, signal: giveUp.signal })).catch((failed: unknown) => {
      if (!giveUp.signal.aborted && !isExpired(failed)) setError({ of: machines, error: failed });
    });
    return () => giveUp.abort();
  }, [machines]);
  return error?.of === machines ? error.error : undefined;
};

const isRefused = (error: unknown): boolean =>
  error instanceof ApiError && [400, 403, 404, 422].includes(error.status);

/** The machines of the groups that a filter names, as the station says. */
const useMemberships = (
  filter: string | undefined,
  at: string | undefined,
): { readonly groups: Memberships | undefined; readonly error: unknown } => {
  const names = useMemo(() => {
    try {
      return groupsOf(filter);
    } catch {
      return [];
    }
  }, [filter]);
  const { data, error } = useAnswer(
    names.length === 0 ? null : JSON.stringify([names, at]),
    async (signal): Promise<Memberships> =>
      new Map(
        await Promise.all(
          names.map(async (name) => [name, await membersOf(name, at, signal)] as const),
        ),
      ),
  );
  return names.length === 0 ? { groups: none, error: undefined } : { groups: data, error };
};

const none: Memberships = new Map();

/** By the same words, so that they mean the same. */
const membersOf = async (
  name: string,
  at: string | undefined,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> => {
  const { rows = [] } = await station.fleet({
    ...{ filter: `@${name}`, columns: 'machine', shape: 'table', signal },
    ...(at === undefined ? {} : { at }),
  });
  return new Set(rows.map(([machine]) => String(machine)));
};

/** Has the rows filtered and sorted as the view says; gives what is wrong with that. */
const useArrangement = (
  watch: Watch,
  machines: Machines,
  { filter, problems, sort }: FleetView,
  groups: Memberships | undefined,
): unknown => {
  const { checks } = machines;
  const read = useMemo(() => {
    try {
      if (checks.length === 0 || !groups) return undefined;
      const found = filterRead(filter, { checks, groups, problems: problems === true });
      return { ...found, by: orderNamed(sort, checks) };
    } catch (error) {
      return { error };
    }
  }, [checks, filter, problems, sort, groups]);
  useEffect(() => {
    if (!read || 'error' in read) return undefined;
    const { test, ages, by } = read;
    const arrange = (isOther: boolean): void => {
      const now = stationNow();
      watch.arrange({ test, now, order: rowOrder(by, now) }, isOther);
    };
    arrange(true);
    if (!ages) return undefined;
    const timer = setInterval(() => arrange(false), agesMs);
    return () => clearInterval(timer);
  }, [watch, read]);
  return read && 'error' in read ? read.error : undefined;
};
