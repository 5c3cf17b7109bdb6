/**
 * Removes what facts and roles do not declare any more. What runs is removed as `remove-process.ts` does it: it is
 * stopped first, and a role goes when nothing of it is left.
 */

import { decided } from '../decision.ts';
import type { DecideContext, Decision } from '../decision.ts';
import { rolesInUse, undeclaredIn } from '../declaration/undeclared.ts';
import type { Undeclared } from '../declaration/undeclared.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { quorumLoss } from '../lifecycle/quorum.ts';
import { dependentsOf } from '../lifecycle/requirements.ts';
import { busyReason } from '../lifecycle/staying.ts';
import { withdrawable } from '../values/facts.ts';
import type { Declaration } from '../values/facts.ts';
import { byFid } from '../values/fid.ts';
import type { Fid } from '../values/fid.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';
import { removeHost } from './remove-host.ts';
import { removeProcess } from './remove-process.ts';

export const prune = (graph: Graph, declaration: Declaration, context: DecideContext): Decision => {
  const undeclared = undeclaredIn(graph, declaration);
  const events: EventDraft[] = [];
  const processes = undeclared.flatMap((one) => processesOf(graph, one));
  const refused = requiredOf(graph, processes);
  if (refused) return refused;
  const lost = quorumLoss(graph, processes, 'remove');
  if (lost) return reject('quorum-lost', lost.why, { subject: lost.confds[0]!.fid });
  for (const process of processes) {
    const { fid } = process;
    const busy = busyReason(graph, process, false);
    if (busy !== null) return reject('process-busy', `${fid}: ${busy}`, { subject: fid });
    const removal = removeProcess(graph, { type: 'RemoveProcess', fid, force: true }, context);
    if (!removal.ok) return removal;
    events.push(...removal.events);
  }
  for (const { kind, name: fqdn } of undeclared) {
    if (kind !== 'host') continue;
    const removal = removeHost(graph, { type: 'RemoveHost', fqdn, force: false }, context);
    if (!removal.ok) return removal;
    const refused = heldBack(fqdn, removal.events);
    if (refused) return refused;
    events.push(...removal.events);
  }
  return decided([...events, ...withdrawalEvents(graph, undeclared, events)]);
};

/** A prune is done as a whole or not at all, unlike a removal that somebody asks for by name. */
const heldBack = (fqdn: string, events: readonly EventDraft[]): Refused | null => {
  for (const { type, data } of events)
    if (type === 'NodeRemovalHeld') {
      const names = data.by.map(({ fid, reason }) => `${fid}: ${reason}`).join('; ');
      return reject('process-busy', `${fqdn} cannot be removed now: ${names}`, { subject: fqdn });
    }
  return null;
};

/** The processes of a role that a host is no longer to have. */
const processesOf = (graph: Graph, { kind, name, host }: Undeclared): ProcessRow[] => {
  const node = kind === 'role of host' && host !== null ? graph.one('runs', host) : undefined;
  if (!node) return [];
  return [...graph.many('hosts', node.fid)].filter(({ role }) => role === name).sort(byFid);
};

/** Refused where a process that stays requires one that is to go. */
const requiredOf = (graph: Graph, processes: readonly ProcessRow[]): Refused | null => {
  const leaving = new Set(processes.map(({ fid }) => fid));
  const stays = ({ fid, removing }: ProcessRow): boolean => !removing && !leaving.has(fid);
  const asked = new Set<string>();
  for (const process of processes) {
    // What is said of one holds of all that leave with it: a node may have thousands of a role.
    const which = `${process.node} ${process.role}`;
    if (asked.has(which)) continue;
    asked.add(which);
    const dependents = dependentsOf(graph, process, stays);
    if (dependents.length > 0)
      return reject(
        'process-required',
        `${process.fid} of role ${process.role} is required by ${dependents.map(({ fid }) => fid).join(', ')}; ` +
          'declare the role for its host again, or remove these first',
        { subject: process.fid },
      );
  }
  return null;
};

/** What nothing runs of goes at once, in an order in which nothing that stays refers to what has gone. */
const withdrawalEvents = (
  graph: Graph,
  undeclared: readonly Undeclared[],
  events: readonly EventDraft[],
): EventDraft[] => {
  const names = undeclared.filter(({ kind }) => kind === 'role').map(({ name }) => name);
  const used = rolesInUse(graph, names, leavingAtOnce(graph, events));
  return withdrawable.flatMap((kind) =>
    undeclared
      .filter((one) => one.kind === kind && !(kind === 'role' && used.has(one.name)))
      .map(({ name }) => ({ type: 'DeclarationWithdrawn' as const, data: { kind, name } })),
  );
};

/** How many processes of each role these events remove. */
const leavingAtOnce = (graph: Graph, events: readonly EventDraft[]): Map<string, number> => {
  const counts = new Map<string, number>();
  const gone = new Set<Fid>();
  for (const { type, data } of events) {
    if (type !== 'ProcessRemoved' || gone.has(data.fid)) continue;
    gone.add(data.fid);
    const { role } = graph.must('process', data.fid);
    counts.set(role, (counts.get(role) ?? 0) + 1);
  }
  return counts;
};
