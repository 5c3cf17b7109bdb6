/** Operations as the API shows them. */

import type { Operation, OperationItem } from '../../contract/operations.ts';
import type { Operation as Seen } from '../../station/queries/operation.ts';

export const operationView = (id: number, operation: Seen): Operation => {
  const { times, failed, waiting, warnings, stages, problem = null, ...rest } = operation;
  return {
    id,
    ...rest,
    failed: [...failed],
    waiting: [...waiting],
    warnings: [...warnings],
    problem,
    stages: [...stages],
    begun: times.begun,
    ended: times.ended,
    begin_by: times.beginBy,
    queued_behind: times.queuedBehind,
  };
};

/** One of a list, which leaves out what may be long. */
export const operationItem = (id: number, operation: Seen): OperationItem => {
  const { failed, waiting, warnings, stages, ...item } = operationView(id, operation);
  return { ...item, at: operation.at, actor: operation.actor };
};

/** Nothing had to be done. */
export const nothingDone = (id: number): Operation => ({
  ...{ id, kind: 'none', subject: '', state: 'succeeded', stage: 'nothing had to be done' },
  ...{ total: 0, done: 0, failed: [], waiting: [], warnings: [], problem: null, stages: [] },
  ...{ at: null, begun: null, ended: null, begin_by: null, queued_behind: null, actor: null },
});
