/**
 * Takes a process out of the cluster. What runs is stopped first; range values are free again afterwards,
 * endpoints when they have cooled down, a fid never is.
 */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { processRemovalEvents, removalOrderedEvent } from '../lifecycle/leaving.ts';
import { quorumLoss } from '../lifecycle/quorum.ts';
import { dependentsOf } from '../lifecycle/requirements.ts';
import { busyReason } from '../lifecycle/staying.ts';
import type { Fid } from '../values/fid.ts';
import { reject } from '../values/rejection.ts';

/** What is leaving already is not ordered to leave a second time, unless somebody asks for that. */
export interface Repeatable {
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

export const removeProcess: Decide<RemoveProcess> = (graph, { fid, force, anew }, { at }) => {
  const process = graph.get('process', fid);
  if (!process) return reject('unknown-process', `there is no process ${fid}`, { subject: fid });
  if (process.removing) return anew ? decided([removalOrderedEvent(process)]) : unchanged;
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
  return decided(processRemovalEvents(graph, process, at));
};

/** Those of some processes that leave already, ordered once more, so that all of it is one order. */
export const removalOrderedAgainEvents = (processes: readonly ProcessRow[]): EventDraft[] =>
  processes.filter(({ removing }) => removing).map(removalOrderedEvent);
