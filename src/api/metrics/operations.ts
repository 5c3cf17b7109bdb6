/** What was ordered of machines and has not ended. */

import { hasEnded } from '../../core/graph/rows/obms.ts';
import { isOver } from '../../core/graph/rows/procedures.ts';
import type { Station } from '../../station/station.ts';
import type { Exposition } from './exposition.ts';

/** `order`: to an OBM; `procedure`: several stages with one machine. */
const kinds = ['order', 'procedure'] as const;
type Kind = (typeof kinds)[number];
const states = ['queued', 'running'] as const;
type State = (typeof states)[number];

interface Open {
  count: number;
  /** Since when the one that is longest in that state is, ms since the epoch. */
  oldest: number | null;
}

/** Rows between two looks at whether others want a turn. */
const rowsAtOnce = 256;

export const operationMetrics = (exposition: Exposition, station: Station): void => {
  const open = new Map<string, Open>();
  exposition.before(async (turn) => {
    const found = new Map<string, Open>();
    let rows = 0;
    for (const [kind, state, since] of openIn(station)) {
      if (++rows % rowsAtOnce === 0 && turn.isOver) await turn.next();
      if (state !== null) add(found, `${kind} ${state}`, since);
    }
    open.clear();
    for (const [key, one] of found) open.set(key, one);
  });
  const each = <T>(figure: (one: Open | undefined, labels: [Kind, State]) => T): T[] =>
    kinds.flatMap((kind) =>
      states.map((state) => figure(open.get(`${kind} ${state}`), [kind, state])),
    );
  exposition.gauges(
    'operations',
    'What was ordered of machines and has not ended.',
    ['kind', 'state'],
    () => each((one, labels) => [labels, one?.count ?? 0]),
  );
  exposition.gauges(
    'operation_oldest_age_seconds',
    'How long the one that is in that state for longest is; 0: there is none.',
    ['kind', 'state'],
    () =>
      each((one, labels) => {
        const { oldest = null } = one ?? {};
        return [labels, oldest === null ? 0 : Math.max(0, station.now() - oldest) / 1000];
      }),
  );
  campaignMetrics(exposition, station);
};

type Found = readonly [Kind, State | null, number];

/** A row that has ended counts for the time that it took to look at it. */
function* openIn({ graph }: Station): Generator<Found> {
  for (const row of graph.all('order'))
    yield [
      'order',
      hasEnded(row) ? null : row.state === 'waiting' ? 'queued' : 'running',
      row.since,
    ];
  for (const row of graph.all('procedure'))
    yield [
      'procedure',
      isOver(row) ? null : row.state === 'queued' ? 'queued' : 'running',
      row.since,
    ];
}

const add = (found: Map<string, Open>, key: string, since: number): void => {
  const one = found.get(key) ?? { count: 0, oldest: null };
  one.count += 1;
  one.oldest = Math.min(one.oldest ?? since, since);
  found.set(key, one);
};

const campaignMetrics = (exposition: Exposition, station: Station): void => {
  exposition.gauges('campaigns', 'Campaigns by state.', ['state'], () => {
    const counts = { running: 0, stopping: 0, ended: 0 };
    for (const { ended, stopped } of station.graph.all('campaign'))
      counts[ended !== null ? 'ended' : stopped ? 'stopping' : 'running'] += 1;
    return Object.entries(counts).map(([state, count]) => [[state], count]);
  });
  exposition.gauge(
    'campaign_failed_timestamp_seconds',
    'When a campaign was last stopped by failures; 0: none of those that are remembered was.',
    () => {
      let last = 0;
      for (const { stopped } of station.graph.all('campaign'))
        if (stopped?.why === 'failures') last = Math.max(last, stopped.at);
      return last / 1000;
    },
  );
};
