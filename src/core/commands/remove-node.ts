/** Takes a node out of the cluster, with its processes. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import { heldMax } from '../events/removal.ts';
import type { Graph } from '../graph/graph.ts';
import type { NodeRow } from '../graph/rows/processes.ts';
import { nodeRemovalOrderedEvents, processRemovalEvents } from '../lifecycle/leaving.ts';
import { stayingOf } from '../lifecycle/staying.ts';
import type { Staying } from '../lifecycle/staying.ts';
import { byFid } from '../values/fid.ts';
import type { Fid } from '../values/fid.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';
import type { Repeatable } from './remove-process.ts';

export interface RemoveNode extends Repeatable {
  readonly type: 'RemoveNode';
  readonly fid: Fid;
  readonly force: boolean;
}

/**
 * All processes of the node, then the node; the host stays. Where some refuse, the node stays with
 * them and what they require; everything else leaves all the same.
 */
export const removeNode: Decide<RemoveNode> = (graph, { fid, force, anew }, { at }) => {
  const node = graph.get('node', fid);
  if (!node) return reject('unknown-node', `there is no node ${fid}`, { subject: fid });
  if (node.removing) return anew ? decided(nodeRemovalOrderedEvents(node, null)) : unchanged;
  return decideRemoval(graph, node, null, force, at);
};

/** Everything of a node that can leave, and the node, with its host where that is named, if all of it can. */
export const decideRemoval = (
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
    ...leaving.flatMap((process) => processRemovalEvents(graph, process, at)),
    ...(first ? [heldEvent(node, host, staying)] : nodeRemovalOrderedEvents(node, host)),
  ]);
};

const heldEvent = (
  { fid }: NodeRow,
  host: string | null,
  staying: readonly Staying[],
): EventDraft => ({
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
