/** Saved text of sinfo: `sinfo -RSE`, `-N -R` with a format, `-N`, and lists that people annotated. */

import { NodesetError, readNodeset } from '../../nodeset/nodeset.ts';
import { joinRows } from './row.ts';
import type { SchedulerRow } from './row.ts';
import { readShortState } from './slurm-states.ts';

export interface SinfoProblem {
  /** From 1 on. */
  readonly line: number;
  readonly message: string;
}

export interface SinfoText {
  /** Each node once, in the order of first mention. */
  readonly rows: readonly SchedulerRow[];
  readonly problems: readonly SinfoProblem[];
}

/** Bytes that `sinfo -R` prints of a reason. */
const reasonWidth = 20;
const problemsMax = 100;

const time = String.raw`(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d|Unknown|N/A)`;
/** `sinfo -R`: REASON USER TIMESTAMP NODELIST */
const byReason = new RegExp(String.raw`^(.*?)\s+(\S+)\s+${time}\s+(\S+)\s*$`);
/** `sinfo -N -R --format='%N %6t %19H %9u %E'`: NODELIST STATE TIMESTAMP USER REASON */
const byNode = new RegExp(String.raw`^(\S+)\s+(\S+)\s+${time}\s+(\S+)\s*(.*)$`);
/** `sinfo -N`: NODELIST NODES PARTITION STATE */
const byPartition = /^(\S+)\s+\d+\s+(\S+)\s+(\S+)\s*$/;
/** NODELIST REASON, as people write it down. */
const annotated = /^(\S+)(?:\s+(.*))?$/;

const header = /^\s*(REASON|NODELIST|HOSTNAMES)\b.*\b(NODELIST|STATE|REASON|TIMESTAMP|PARTITION)\b/;

interface Found {
  readonly nodes: string;
  readonly state?: string;
  readonly time?: string;
  readonly user?: string;
  readonly reason?: string;
  readonly partition?: string;
  readonly truncated?: boolean;
}

const isCut = (reason: string): boolean =>
  reason.endsWith('\uFFFD') || Buffer.byteLength(reason) >= reasonWidth;

const foundIn = (line: string, isFree: boolean): Found | undefined => {
  const [, node, state, at, user, reason] = byNode.exec(line) ?? [];
  if (node !== undefined && readShortState(state!))
    return { nodes: node, state: state!, time: at!, user: user!, reason: reason! };
  const [, why, who, since, list] = byReason.exec(line) ?? [];
  if (why !== undefined)
    return { nodes: list!, time: since!, user: who!, reason: why, truncated: isCut(why) };
  const [, name, partition, word] = byPartition.exec(line) ?? [];
  if (name !== undefined && readShortState(word!))
    return { nodes: name, partition: partition!.replace(/\*$/, ''), state: word! };
  const [, first, rest = ''] = (isFree && annotated.exec(line)) || [];
  return first === undefined ? undefined : { nodes: first, reason: rest };
};

/** Rows of what a line says. @throws {NodesetError} its nodes are none */
const rowsOf = (found: Found): readonly SchedulerRow[] => {
  const { state, flags } = (found.state && readShortState(found.state)) || {
    state: 'unknown',
    flags: [],
  };
  const reason = found.reason?.trim() ?? '';
  const at = Date.parse(found.time ?? '');
  return [...readNodeset(found.nodes)].map((node) => ({
    node,
    state,
    flags,
    reason: reason === 'none' ? '' : reason,
    reasonUser: found.user === undefined || found.user === 'Unknown' ? null : found.user,
    reasonAt: Number.isNaN(at) ? null : at,
    partitions: found.partition === undefined ? [] : [found.partition],
    jobs: null,
    ...(found.truncated ? { truncated: true as const } : {}),
  }));
};

/** Lines of one entry each: a line that ends in a comma goes on in the next one. */
const entriesOf = (text: string): { line: number; text: string; isJoined: boolean }[] => {
  const entries: { line: number; text: string; isJoined: boolean }[] = [];
  let open: { line: number; text: string; isJoined: boolean } | undefined;
  text.split(/\r?\n/).forEach((line, i) => {
    if (open) {
      open.text += line.trimStart();
      open.isJoined = true;
    } else if (line.trim() !== '') open = { line: i + 1, text: line, isJoined: false };
    if (!open || /,\s*$/.test(open.text)) {
      if (open) open.text = open.text.trimEnd();
      return;
    }
    entries.push(open);
    open = undefined;
  });
  return open ? [...entries, open] : entries;
};

/** Reads saved text. What cannot be read is told by its line, and the rest is there. */
export const readSinfoText = (text: string): SinfoText => {
  const rows = new Map<string, SchedulerRow>();
  const problems: SinfoProblem[] = [];
  const refuse = (line: number, message: string): void => {
    if (problems.length < problemsMax) problems.push({ line, message });
  };
  let hasHeader = false;
  for (const entry of entriesOf(text)) {
    if (header.test(entry.text)) {
      hasHeader = true;
      continue;
    }
    const found = foundIn(entry.text, !hasHeader || entry.isJoined);
    if (!found) {
      refuse(entry.line, 'this is no line of sinfo: no node, or no time, where it should stand');
      continue;
    }
    try {
      for (const row of rowsOf(found)) {
        const before = rows.get(row.node);
        rows.set(row.node, before ? joinRows(before, row) : row);
      }
    } catch (error) {
      if (!(error instanceof NodesetError)) throw error;
      refuse(entry.line, error.message);
    }
  }
  return { rows: [...rows.values()], problems };
};
