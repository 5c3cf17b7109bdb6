/** What `scontrol show nodes --json` and `sinfo --json` print, from Slurm 22.05 on: in pieces, as it is long. */

import { ProgramError } from '../program.ts';
import type { SchedulerRow } from './row.ts';
import { stateOf } from './slurm-states.ts';

/** A text in quotes, or what opens and closes. */
const token = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs;

/**
 * The objects of the list `nodes`, each as its text.
 *
 * @throws {ProgramError} there is no such list, or no end of it
 */
export function* nodeTexts(json: string): Generator<string> {
  token.lastIndex = 0;
  const tokens = new RegExp(token);
  let depth = 0;
  let start = -1;
  let isNext = false;
  for (let match = tokens.exec(json); match !== null; match = tokens.exec(json)) {
    const [text] = match;
    if (text === '{' || text === '[') {
      // The list itself is the second thing that opens, the nodes are the third.
      if (depth === 1 && text === '[' && isNext) start = 0;
      if (depth === 2 && text === '{' && start >= 0) start = match.index;
      depth++;
    } else if (text === '}' || text === ']') {
      depth--;
      if (depth === 2 && text === '}' && start >= 0) yield json.slice(start, tokens.lastIndex);
      if (depth === 1 && text === ']' && start >= 0) return;
    }
    if (depth === 1) isNext = text === '"nodes"';
  }
  throw new ProgramError('Slurm gave an answer in which there is no whole list of nodes');
}

/** A number, or `{set, infinite, number}` as from 23.02 on; null where there is none. */
const numberOf = (value: unknown): number | null => {
  if (typeof value === 'number') return value;
  const { set, number } = (value ?? {}) as { set?: unknown; number?: unknown };
  return set === true && typeof number === 'number' ? number : null;
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Texts of a list, or of one text with commas. */
const textsOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value.map(textOf) : textOf(value).split(',')).filter(
    (text) => text !== '',
  );

/** @throws {ProgramError} it is no node */
export const readNode = (text: string): SchedulerRow => {
  let node: Record<string, unknown>;
  try {
    node = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new ProgramError('Slurm gave an answer that is no JSON');
  }
  const name = textOf(node['name']);
  if (name === '') throw new ProgramError('Slurm gave a node without a name');
  const { state, flags } = stateOf([...textsOf(node['state']), ...textsOf(node['state_flags'])]);
  const reason = textOf(node['reason']);
  const at = numberOf(node['reason_changed_at']);
  const since = numberOf(node['slurmd_start_time']);
  return {
    node: name,
    state,
    flags,
    reason,
    reasonUser: reason === '' ? null : textOf(node['reason_set_by_user']) || null,
    reasonAt: reason === '' || !at ? null : at * 1000,
    partitions: textsOf(node['partitions']),
    jobs: null,
    ...(since ? { daemonSince: since * 1000 } : {}),
  };
};
