/** The machine as it is, live; or as it was then. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { FleetRow, ViewedCheck } from '../../../../checks/view/row.ts';
import { rowShown } from '../../../../checks/view/shapes.ts';
import type { ShownMachine } from '../../../../checks/view/shapes.ts';
import type { FleetAnswer, FleetMachine } from '../../../../client/types.ts';
import { stationSaid } from '../../state/clock.ts';
import { useAnswer } from '../../state/answer.ts';
import { liveNow, onLive } from '../../state/live.ts';
import { useMoment } from '../../state/moment.ts';
import { station } from '../../state/station.ts';
import { useStream } from '../../state/stream.ts';

export interface Seen {
  readonly row: FleetRow;
  readonly checks: readonly ViewedCheck[];
  readonly at: number;
}

export interface Watched {
  /** Null: there is no such machine; undefined: it is not known yet. */
  readonly seen: Seen | null | undefined;
  readonly error: unknown;
  readonly again: () => void;
}

const seenOf = (
  meta: FleetAnswer['meta'],
  machine: FleetMachine | undefined,
  at: number,
): Seen | null =>
  machine
    ? {
        row: rowShown(machine as unknown as ShownMachine),
        checks: meta.checks as readonly ViewedCheck[],
        at,
      }
    : null;

export const useMachine = (fqdn: string): Watched => {
  const at = useMoment();
  const { data, error, again } = useAnswer(`machine ${fqdn} ${at ?? ''}`, (signal) =>
    station.fleet({ nodes: fqdn, at, signal }),
  );
  const [live, setLive] = useState<Seen | null | undefined>();
  const latest = useRef<Seen | null | undefined>(undefined);
  const show = (): void => {
    if (!liveNow().isPaused) setLive(latest.current);
  };
  useEffect(() => onLive(show), []);
  useStream(`machine ${fqdn}`, data && at === undefined ? fqdn : null, async (followed) => {
    const changes = station.followFleet({ query: { nodes: fqdn }, ...followed });
    for await (const { meta, machines, at: now } of changes) {
      stationSaid(now);
      latest.current = seenOf(meta, machines.get(fqdn), now);
      show();
    }
  });
  useEffect(() => {
    latest.current = undefined;
    setLive(undefined);
  }, [fqdn, at]);
  const first =
    data &&
    seenOf(
      data.meta,
      data.nodes?.find(({ name }) => name === fqdn),
      data.meta.at,
    );
  useEffect(() => void (data && at === undefined && stationSaid(data.meta.at)), [data]);
  return { seen: at === undefined && live !== undefined ? live : first, error, again };
};
