/**
 * Goes from one stage of a procedure to the next. Each step is a few events that follow from what is in the graph, and
 * stands in the commit of what it follows from: there is nothing that a crash could lose between two stages.
 */

import { stageDetailLength } from '../events/procedures.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ReadGraph } from '../graph/read-graph.ts';
import { hasEnded } from '../graph/rows/obms.ts';
import { stageOf } from '../graph/rows/procedures.ts';
import type { ProcedureRow, StageNote } from '../graph/rows/procedures.ts';
import { isBlocked, procedureOf } from '../lifecycle/machine-queue.ts';
import type { ProcedureEnd, StageEnd } from '../values/procedures.ts';
import { isStarted } from './drain.ts';
import { procedures } from './index.ts';
import { rightLost } from './right.ts';
import type { Stage, Standing } from './stage.ts';

/** What stands in an event. */
const clipped = (text: string): string => text.slice(0, stageDetailLength);

/** The end of a procedure. What it has ordered and was not sent is not sent any more. */
export const endEvents = (
  graph: Graph,
  { host: fqdn, created: ordered }: ProcedureRow,
  outcome: ProcedureEnd,
  detail: string,
): EventDraft[] => [
  ...[...graph.many('obeys', fqdn)]
    .filter((order) => order.procedure === ordered && order.state === 'waiting')
    .map((order): EventDraft => {
      const why = 'the procedure that it was a part of has ended';
      const data = { fqdn, ordered: order.created, outcome: 'cancelled', detail: why } as const;
      return { type: 'ObmOrderEnded', data };
    }),
  { type: 'ProcedureEnded', data: { fqdn, ordered, outcome, detail: clipped(detail) } },
];

/** The end of the stage that is under way. */
export const stageEndedEvent = (
  { host: fqdn, created: ordered }: ProcedureRow,
  { name: stage }: StageNote,
  outcome: StageEnd,
  detail: string,
): EventDraft => ({
  type: 'ProcedureStageEnded',
  data: { fqdn, ordered, stage, outcome, detail: clipped(detail) },
});

/** How the stage that is under way is, and which it is; undefined: none is. */
export const standingOf = (
  graph: ReadGraph,
  row: ProcedureRow,
  at: number,
): { readonly stage: Stage; readonly note: StageNote; readonly standing: Standing } | undefined => {
  const note = stageOf(row);
  const stage = note && procedures[row.plan.kind].stages.find(({ name }) => name === note.name);
  if (!note) return undefined;
  if (!stage) {
    const detail = `this version has no stage ${note.name}`;
    return { stage: unknownStage, note, standing: { is: 'failed', detail } };
  }
  return { stage, note, standing: stage.look(graph, { row, note, at }) };
};

/** Of a version that had it. */
const unknownStage: Stage = {
  ...{ name: 'unknown', text: '', seconds: () => 0 },
  look: () => ({ is: 'failed', detail: '' }),
};

/** Whether a stage can be left where it is: it only waits, or what it has ordered was not sent. */
const isFreeToEnd = (graph: Graph, row: ProcedureRow, { isWait }: Stage): boolean =>
  isWait === true ||
  (stageOf(row)?.act?.end !== null &&
    ![...graph.many('obeys', row.host)].some(
      (order) => order.procedure === row.created && !hasEnded(order) && order.state !== 'waiting',
    ));

/** What was done of it, and what was not. A way that was taken and came to nothing yet is neither. */
const cancelledBy = ({ cancelled, stages, plan }: ProcedureRow): string => {
  const all = procedures[plan.kind].stages;
  const named = (is: (note: StageNote) => boolean): string[] =>
    stages.filter(is).map(({ name }) => name);
  const ran = named(({ state }) => state === 'done');
  const tried = named(
    ({ name, state }) =>
      (state === 'failed' || state === 'running') &&
      all.some((stage) => stage.name === name && stage.isRung),
  );
  const past = [...ran, ...tried, ...named(({ state }) => state === 'skipped')];
  const left = all.map(({ name }) => name).filter((name) => !past.includes(name));
  const parts = [
    ...(ran.length === 0 ? [] : [`done: ${ran.join(', ')}`]),
    ...(tried.length === 0 ? [] : [`left in the middle: ${tried.join(', ')}`]),
  ];
  const done = parts.length === 0 ? 'nothing was done' : parts.join('; ');
  return `cancelled by ${cancelled}; ${done}; not done: ${left.join(', ')}`;
};

const beginEvents = (graph: Graph, row: ProcedureRow, at: number): EventDraft[] => {
  const { host: fqdn, created: ordered, plan, by, epoch } = row;
  const failed = (why: string): EventDraft[] => endEvents(graph, row, 'failed', `refused: ${why}`);
  if (graph.must('host', fqdn).removing) return failed(`${fqdn} is being removed`);
  if (graph.get('registration', fqdn)?.token !== epoch)
    return failed(`the OBM of ${fqdn} was disabled, or enabled anew`);
  const lost = rightLost(graph, row, at);
  if (lost) return failed(lost.rejection.message);
  const refused = procedures[plan.kind].refuse(graph, fqdn, plan, by, at);
  if (refused) return failed(refused.rejection.message);
  const { cpus = null, memory_mib = null } = graph.must('host', fqdn).facts ?? {};
  const data = { fqdn, ordered, cpus, memory_mib, restart: isStarted(graph, fqdn) };
  return [{ type: 'ProcedureBegun', data }];
};

const nextStageEvents = (graph: Graph, row: ProcedureRow, at: number): EventDraft[] => {
  const { host: fqdn, created: ordered, plan, stages: begun } = row;
  const last = begun.at(-1);
  const isRung = procedures[plan.kind].stages[begun.length - 1]?.isRung === true;
  if (last && last.state === 'failed' && !isRung)
    return endEvents(graph, row, 'failed', `${last.name}: ${last.detail}`);
  const stage = procedures[plan.kind].stages[begun.length];
  if (!stage) return endEvents(graph, row, 'done', '');
  if (row.cancelled !== null) return endEvents(graph, row, 'cancelled', cancelledBy(row));
  const until = at + stage.seconds(plan) * 1000;
  const act = stage.act?.(graph, row) ?? null;
  const started = stage.begin?.(graph, row, at);
  const data = { fqdn, ordered, stage: stage.name, until, act };
  // Last: what follows from the stage comes after all that it has set off.
  const stageBegun: EventDraft = { type: 'ProcedureStageBegun', data };
  if (!started || started.ok) return [...(started?.events ?? []), stageBegun];
  const why = `refused: ${started.rejection.message}`;
  return endEvents(graph, row, 'failed', `${stage.name}: ${why}`);
};

/** What follows for the procedure that has a machine, or is the next to have it, from how things are. */
export const advanceEvents = (graph: Graph, fqdn: string, at: number): EventDraft[] => {
  const row = procedureOf(graph, fqdn);
  if (!row) return [];
  if (row.state === 'queued') return isBlocked(graph, row) ? [] : beginEvents(graph, row, at);
  const current = standingOf(graph, row, at);
  if (!current) return nextStageEvents(graph, row, at);
  const { stage, note, standing } = current;
  switch (standing.is) {
    case 'done':
      return [stageEndedEvent(row, note, 'done', standing.detail), ...(standing.events ?? [])];
    case 'failed':
    case 'skipped':
      return [stageEndedEvent(row, note, standing.is, standing.detail)];
    case 'waiting':
      if (row.cancelled === null || !isFreeToEnd(graph, row, stage)) return [];
      return [
        stageEndedEvent(row, note, 'cancelled', `left while it waited for ${standing.for}`),
        ...endEvents(graph, row, 'cancelled', cancelledBy(row)),
      ];
  }
};
