/** What happened, as marks on a ribbon: a lane a kind, from the oldest on the left to the newest on the right. */

import type { Tone } from '../../../../checks/view/columns.ts';
import type { HistoryEntry, HistoryKind } from '../../../../client/types.ts';
import { historyKinds } from '../../../../client/view/history-kinds.ts';

export interface Mark {
  readonly id: string;
  /** From 0 at the left to 1 at the right. */
  readonly place: number;
  readonly lane: number;
  readonly tone: Tone;
  readonly entry: HistoryEntry;
}

export interface Ribbon {
  /** The kinds that there are, from above. */
  readonly lanes: readonly HistoryKind[];
  /** In the order of time. */
  readonly marks: readonly Mark[];
  readonly from: number;
  readonly until: number;
}

const worse: ReadonlySet<string> = new Set([
  ...['fail', 'down', 'off', 'failed', 'unreachable', 'dark', 'lost'],
]);
const better: ReadonlySet<string> = new Set(['ok', 'up', 'on', 'online', 'reachable']);

/** Whether what changed is for the worse. */
export const toneOf = ({ changes }: Pick<HistoryEntry, 'changes'>): Tone => {
  const now = changes.map(({ to }) => to ?? '');
  if (now.some((to) => worse.has(to))) return 'bad';
  if (now.includes('warn')) return 'busy';
  return now.length > 0 && now.every((to) => better.has(to)) ? 'good' : 'plain';
};

/** @param entries newest first @param until when the ribbon ends, where that is later than the newest */
export const ribbonOf = (entries: readonly HistoryEntry[], until = 0): Ribbon => {
  const times = entries.map(({ at }) => at);
  const from = Math.min(...times);
  const last = Math.max(until, ...times);
  const kinds = new Set(entries.map(({ kind }) => kind));
  const lanes = historyKinds.filter((kind) => kinds.has(kind));
  const marks = entries.toReversed().map((entry): Mark => ({
    id: entry.id,
    place: last === from ? 1 : (entry.at - from) / (last - from),
    lane: Math.max(0, lanes.indexOf(entry.kind as HistoryKind)),
    tone: toneOf(entry),
    entry,
  }));
  return { lanes, marks, from, until: last };
};
