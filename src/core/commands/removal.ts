/**
 * Takes processes, nodes and hosts out of the cluster. What runs is stopped first; range values are
 * free again afterwards, endpoints when they have cooled down, a fid never is.
 */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import { heldMax } from '../events/removal.ts';
import type { Graph } from '../graph/graph.ts';
import type { NodeRow, ProcessRow } from '../graph/rows/processes.ts';
import { quorumLoss } from '../lifecycle/quorum.ts';
import { mayRun, removed } from '../lifecycle/removal.ts';
import { dependentsOf } from '../lifecycle/requirements.ts';
import { busyReason, stayingOf } from '../lifecycle/staying.ts';
import type { Staying } from '../lifecycle/staying.ts';
import { byFid } from '../values/fid.ts';
import type { Fid } from '../values/fid.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';

/** What is leaving already is not ordered to leave a second time, unless somebody asks for that. */
interface Repeatable {
  /**
   * Order it although it was ordered: the order under way is about more, or about less, and whoever
   * asks wants to follow just this.
   */
  readonly anew?: boolean;
}

export interface RemoveProcess extends Repeatable {
  readonly type: 'RemoveProcess';
  readonly fid: Fid;
  /**
   * Although other processes of its node require it, a quorum is lost, or it is independent and
   * nobody knows whether it runs.
   */
  readonly force: boolean;
}

export interface RemoveNode extends Repeatable {
  readonly type: 'RemoveNode';
  readonly fid: Fid;
  readonly force: boolean;
}

export interface RemoveHost extends Repeatable {
  readonly type: 'RemoveHost';
  readonly fqdn: string;
  readonly force: boolean;
}

export const removeProcess: Decide<RemoveProcess> = (graph, { fid, force, anew }, { at }) => {
  const process = graph.get('process', fid);
  if (!process) return reject('unknown-process', `there is no process ${fid}`, { subject: fid });
  if (process.removing) return anew ? decided([ordered(process)]) : unchanged;
  const busy = busyReason(graph, process, force);
  if (busy !== null) return reject('process-busy', `${fid}: ${busy}`, { subject: fid });
  const dependents = force ? [] : dependentsOf(graph, process, ({ removing }) => !removing);
  if (dependents.length > 0)
    return reject(
      'process-required',
      `${fid} is required by ${dependents.map((one) => one.fid).join(', ')}; remove these first or use force`,
      { subject: fid },
    );
  const lost = force ? null : quorumLoss(graph, [process], 'remove');
  if (lost) return reject('quorum-lost', `${fid}: ${lost.why}`, { subject: fid });
  return decided(removal(graph, process, at));
};

/**
 * All processes of the node, then the node; the host stays. Where some refuse, the node stays with
 * them and what they require; everything else leaves all the same.
 */
export const removeNode: Decide<RemoveNode> = (graph, { fid, force, anew }, { at }) => {
  const node = graph.get('node', fid);
  if (!node) return reject('unknown-node', `there is no node ${fid}`, { subject: fid });
  if (node.removing) return anew ? decided(orders(node, null)) : unchanged;
  return decideRemoval(graph, node, null, force, at);
};

/** The node, if there is one, then the host and the tokens of its agent. */
export const removeHost: Decide<RemoveHost> = (graph, { fqdn, force, anew }, { at }) => {
  const host = graph.get('host', fqdn);
  if (!host) return reject('unknown-host', `there is no host ${fqdn}`, { subject: fqdn });
  if (host.removing && !anew) return unchanged;
  const node = graph.one('runs', fqdn);
  if (node?.removing) return decided(orders(node, fqdn));
  return node
    ? decideRemoval(graph, node, fqdn, force, at)
    : decided([{ type: 'HostRemovalOrdered', data: { fqdn } }]);
};

const decideRemoval = (
  graph: Graph,
  node: NodeRow,
  host: string | null,
  force: boolean,
  at: number,
): ReturnType<Decide<RemoveNode>> => {
  const present = [...graph.many('hosts', node.fid)].filter(({ removing }) => !removing);
  const processes = present.sort(byFid);
  const staying = stayingOf(graph, processes, force);
  const stay = new Set(staying.map(({ process }) => process));
  const leaving = processes.filter((process) => !stay.has(process));
  const [first] = staying;
  if (first && leaving.length === 0) return refusal(node, staying, first);
  return decided([
    ...leaving.flatMap((process) => removal(graph, process, at)),
    ...(first ? [held(node, host, staying)] : orders(node, host)),
  ]);
};

const orders = (node: NodeRow, host: string | null): EventDraft[] => [
  { type: 'NodeRemovalOrdered', data: { fid: node.fid } },
  ...(host === null ? [] : [{ type: 'HostRemovalOrdered' as const, data: { fqdn: host } }]),
];

const held = ({ fid }: NodeRow, host: string | null, staying: readonly Staying[]): EventDraft => ({
  type: 'NodeRemovalHeld',
  data: {
    fid,
    host,
    by: staying.slice(0, heldMax).map(({ process, why }) => ({ fid: process.fid, reason: why })),
    more: Math.max(0, staying.length - heldMax),
  },
});

/** A message names this many; there may be thousands. */
const namesMax = 20;

const refusal = ({ host }: NodeRow, staying: readonly Staying[], { code }: Staying): Refused => {
  const names = staying.slice(0, namesMax).map(({ process, why }) => `${process.fid}: ${why}`);
  const more = staying.length > namesMax ? `; and ${staying.length - namesMax} more` : '';
  return reject(code, `nothing of ${host} can be removed now: ${names.join('; ')}${more}`, {
    subject: staying[0]!.process.fid,
  });
};

const removal = (graph: Graph, process: ProcessRow, at: number): EventDraft[] => {
  return mayRun(process) ? [ordered(process)] : removed(graph, process, at);
};

const ordered = ({ fid }: ProcessRow): EventDraft => ({
  type: 'ProcessRemovalOrdered',
  data: { fid },
});

/** Those of some processes that leave already, ordered once more, so that all of it is one order. */
export const orderedAnew = (processes: readonly ProcessRow[]): EventDraft[] =>
  processes.filter(({ removing }) => removing).map(ordered);
