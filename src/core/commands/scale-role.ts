/** Changes how many processes of a role a host has: adds, or removes the youngest. */

import { decided, unchanged } from '../decision.ts';
import type { Decide, DecideContext, Decision } from '../decision.ts';
import type { Graph } from '../graph/graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { quorumLoss } from '../lifecycle/quorum.ts';
import { dependentsOf } from '../lifecycle/requirements.ts';
import { busyReason } from '../lifecycle/staying.ts';
import { byFid } from '../values/fid.ts';
import { reject } from '../values/rejection.ts';
import type { Variables } from '../values/roles.ts';
import { addProcesses } from './add-processes.ts';
import { removalOrderedAgainEvents, removeProcess } from './remove-process.ts';

export interface ScaleRole {
  readonly type: 'ScaleRole';
  readonly host: string;
  /** A role of one template that takes `multiplicity`. */
  readonly role: string;
  /** 0..10,000. */
  readonly to: number;
  readonly overrides: Variables;
  /** Although other processes require the last one, or a quorum is lost. */
  readonly force: boolean;
  /** Where it has as many already: order once more what is leaving, so that it is one order. */
  readonly anew?: boolean;
}

export const scaleRole: Decide<ScaleRole> = (
  graph,
  { host, role, to, overrides, force, anew },
  context,
) => {
  if (!graph.get('host', host))
    return reject('unknown-host', `there is no host ${host}`, { subject: host });
  const node = graph.one('runs', host);
  const ofRole = (node ? [...graph.many('hosts', node.fid)] : [])
    .filter((process) => process.role === role)
    .sort((a, b) => byFid(b, a));
  const present = ofRole.filter(({ removing }) => !removing);
  const missing = to - present.length;
  if (missing > 0) {
    const more = { name: role, overrides: { ...overrides, multiplicity: missing } };
    return addProcesses(
      graph,
      { type: 'AddProcesses', host, roles: [more], tokens: false },
      context,
    );
  }
  const leaving = present.slice(0, -missing || 0);
  if (leaving.length === 0) return anew ? decided(removalOrderedAgainEvents(ofRole)) : unchanged;
  const removal = removeYoungest(graph, leaving, to, host, force, context);
  return removal.ok ? decided([...removal.events, ...removalOrderedAgainEvents(ofRole)]) : removal;
};

const removeYoungest = (
  graph: Graph,
  leaving: readonly ProcessRow[],
  to: number,
  host: string,
  force: boolean,
  context: DecideContext,
): Decision => {
  const { role } = leaving[0]!;
  const isNeeded = (one: ProcessRow): boolean => !one.removing && one.role !== role;
  const dependents = to === 0 && !force ? dependentsOf(graph, leaving[0]!, isNeeded) : [];
  if (dependents.length > 0)
    return reject(
      'process-required',
      `${role} of ${host} is required by ${dependents.map((one) => one.fid).join(', ')}; remove these first or use force`,
      { subject: role },
    );
  const lost = force ? null : quorumLoss(graph, leaving, 'remove');
  if (lost) return reject('quorum-lost', `${role} of ${host}: ${lost.why}`, { subject: role });
  const events = [];
  for (const process of leaving) {
    const { fid } = process;
    const busy = busyReason(graph, process, force);
    if (busy !== null) return reject('process-busy', `${fid}: ${busy}`, { subject: fid });
    const removal = removeProcess(graph, { type: 'RemoveProcess', fid, force: true }, context);
    if (!removal.ok) return removal;
    events.push(...removal.events);
  }
  return decided(events);
};
