/** A stage of a procedure is under way, and has failed when it takes too long. */

import { deadlineId } from '../graph/changes.ts';
import { stageOf } from '../graph/rows/procedures.ts';
import { varOf } from '../graph/vars.ts';
import { stageEndedEvent, standingOf } from '../procedures/advance.ts';
import { keptBack } from './deadline.ts';
import type { Deadline } from './deadline.ts';

export const stageExpiry: Deadline = {
  description: 'A stage of what is done with a machine is under way.',
  isQuiet: false,
  eventsOf: (graph, due, { at, isNew }) =>
    due.map(({ subject }) => {
      // A station that has just begun may not have heard of it yet.
      const later = at + varOf(graph, 'keepalive_timeout') * 1000;
      if (isNew)
        return {
          type: 'DeadlinePostponed',
          data: { id: deadlineId('stage-expiry', subject), at: later },
        };
      const row = graph.must('procedure', subject);
      const { note, standing } = standingOf(graph, row, at)!;
      const seconds = Math.round((at - note.since) / 1000);
      const what = standing.is === 'waiting' ? `: it waits for ${standing.for}` : '';
      return stageEndedEvent(row, note, 'failed', `not done within ${seconds} s${what}`);
    }),
  progressOf: (graph, subject) => {
    const row = graph.get('procedure', subject);
    const note = row && stageOf(row);
    if (!note) return keptBack();
    return { host: row.host, name: null, step: `${row.plan.kind}: ${note.name}` };
  },
};
