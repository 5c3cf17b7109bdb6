/** Events about a machine as entries of its history. */

import type { EventReply } from '../../contract/events.ts';
import type { HistoryEntry } from '../../contract/machine-history.ts';
import { asksForLongWork } from '../../core/commands/long-work.ts';
import type { Commit } from '../../core/events/commit.ts';
import { fidType } from '../../core/values/fid.ts';
import { sentences } from './history-sentences.ts';
import type { Fields, HistoryKind } from './history-sentences.ts';

/** `RecoveryStepBegun` as `recovery step begun`. */
const inWords = (type: string): string =>
  type.replaceAll(/(?<!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();

export const historyKind = (type: string): HistoryKind => {
  const known = sentences.get(type);
  if (known) return known[0];
  if (type.startsWith('Recovery')) return 'recovery';
  if (type.startsWith('Process')) return 'process';
  return 'other';
};

type Change = HistoryEntry['changes'][number];

const change = (of: string, from: unknown, to: unknown): Change => {
  const said = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return { of, from: said(from), to: said(to) };
};

/** What became another: as far as the event itself tells. */
const changesIn = (type: string, data: Fields): Change[] => {
  switch (type) {
    case 'ChecksChanged':
      return (data['changes'] as readonly Fields[]).map(({ check, before, verdict }) =>
        change(String(check), before, verdict),
      );
    case 'NodeUp':
      return [change('agent', null, 'up')];
    case 'NodeDown':
      return [change('agent', null, 'down')];
    case 'ObmPowerChanged':
      return [change('power', null, data['state'])];
    case 'ObmReachable':
      return [change('obm', 'unreachable', 'reachable')];
    case 'ObmUnreachable':
      return [change('obm', null, 'unreachable')];
    case 'ProcessStateChanged':
      return [change(String(data['fid']), null, data['state'])];
    case 'ObmWriterTaken':
      return [change('writer', (data['from'] as Fields | null)?.['principal'], data['principal'])];
    case 'HostRenamed':
      return [change('name', data['from'], data['to'])];
    case 'MaintenanceBegun':
      return [change('maintenance', 'no', 'yes')];
    case 'MaintenanceEnded':
      return [change('maintenance', 'yes', 'no')];
    default:
      return [];
  }
};

/** The operation that an event belongs to: that which it names, or that which its commit is. */
const operationOf = (commit: Commit, type: string, { ordered }: Fields): number | null => {
  if (typeof ordered === 'number') return ordered;
  const begins = type.endsWith('Ordered') || type.endsWith('Wanted');
  return begins && asksForLongWork(commit) ? commit.revision : null;
};

export const historyEntry = (commit: Commit, event: EventReply): Omit<HistoryEntry, 'by_name'> => {
  const { id, at, actor, type } = event;
  const data = event.data as Fields;
  const [, sentence] = sentences.get(type) ?? [];
  const { by, fid } = data;
  return {
    ...{ id, revision: commit.revision, at },
    kind: historyKind(type),
    text: sentence ? sentence(data) : inWords(type),
    by: typeof by === 'string' ? by : actor,
    changes: changesIn(type, data),
    process: typeof fid === 'string' && fidType(fid) === 'process' ? fid : null,
    operation: operationOf(commit, type, data),
    event,
  };
};
