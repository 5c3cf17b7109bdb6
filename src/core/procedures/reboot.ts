/**
 * A machine starts anew because something is the matter with it: by the gentlest way that is there, one after the other,
 * until its agent reports another boot. None is taken twice.
 */

import { unchanged } from '../decision.ts';
import type { ReadGraph } from '../graph/read-graph.ts';
import type { ProcedureRow } from '../graph/rows/procedures.ts';
import type { RebootPlan } from '../values/procedures.ts';
import {
  bootedAnew,
  hasBootedAnew,
  neverAsked,
  rebootPlanOf,
  whyNotAsked,
} from './another-boot.ts';
import { drainJobs, resume, verify } from './in-service.ts';
import { orderIn, orderOf, orderSeconds, standingOfOrder } from './orders.ts';
import { hasFailed, isDone, skipped, waitingFor } from './stage.ts';
import type { Course, Procedure, Stage, Standing } from './stage.ts';

/** For how long a system that was asked to shut down may take to be off, s. */
const softSeconds = 300;
/** Beyond the wait for the host, which is what is to say that it is over, s. */
const slack = 600;

/** Beyond the wait for another boot: to log in, and to ask, s. */
const askSlack = 120;

/** What the station does for it: `station/duties/effects/reboot-acts.ts`. */
export const asksMachine = 'ask-to-reboot';

/** It is told which boot it is that is to end: to be told twice is to be told once. */
const whyNotTold = (graph: ReadGraph, row: ProcedureRow): string | null =>
  whyNotAsked(graph, row) ?? (row.boot === undefined ? 'nobody knows which boot it has' : null);

const ask: Stage = {
  name: 'ask',
  text: 'log in to it by ssh, and have it start anew',
  seconds: (plan) => rebootPlanOf(plan).wait_up + askSlack,
  isRung: true,
  leftOut: neverAsked,
  act: (graph, row) => (whyNotTold(graph, row) === null ? asksMachine : null),
  look: (graph, { row, note: { act } }) => {
    if (!act) return skipped(whyNotTold(graph, row) ?? 'not asked');
    if (hasBootedAnew(graph, row)) return isDone();
    if (act.end === null) return waitingFor('it to be asked');
    if (act.end.outcome === 'failed') return skipped(act.end.detail);
    return waitingFor('its agent to report another boot');
  },
};

const isOff = (graph: ReadGraph, { host }: ProcedureRow): boolean =>
  graph.get('observation', host)?.power?.state === 'off';

/** Of a system that shuts down: off, or up again by itself. */
const softStanding = (graph: ReadGraph, course: Course): Standing => {
  const { row, note } = course;
  if (!orderIn(graph, row, note.begun)) return skipped(whyNotAsked(graph, row) ?? 'not asked');
  const order = standingOfOrder(graph, course, () => isDone());
  if (order.is === 'failed') return skipped(order.detail);
  if (order.is !== 'done') return order;
  if (hasBootedAnew(graph, row)) return isDone('it has started anew');
  return isOff(graph, row) ? isDone('it is off') : waitingFor('its system to shut down');
};

const soft: Stage = {
  name: 'soft',
  text: 'have its OBM ask its system to shut down',
  seconds: () => softSeconds,
  isRung: true,
  leftOut: neverAsked,
  begin: (graph, row, at) =>
    whyNotAsked(graph, row) === null
      ? orderOf(graph, row, { kind: 'power', action: 'soft' }, at)
      : unchanged,
  look: softStanding,
};

/**
 * Whether a reboot may have told the machine to start anew. A way that was not taken is `skipped`; the last one is not
 * there twice, and has failed where nothing was sent.
 */
export const isSent = ({ stages }: Pick<ProcedureRow, 'stages'>): boolean =>
  stages.some(({ name, state }) =>
    name === cycle.name
      ? state === 'done'
      : (name === ask.name || name === soft.name) &&
        (state === 'done' || state === 'failed' || state === 'cancelled'),
  );

/** What has shut down is switched on. */
const powerOf = (graph: ReadGraph, row: ProcedureRow): RebootPlan['power'] => {
  const asked = row.stages.find(({ name }) => name === soft.name);
  const wasSoft = asked?.state === 'done' || asked?.state === 'failed';
  return wasSoft && isOff(graph, row) ? 'on' : rebootPlanOf(row.plan).power;
};

/** Where nobody knows whether it was sent, the next boot tells. */
const cycle: Stage = {
  name: 'cycle',
  text: 'switch it off and on again, or on where it is off',
  seconds: () => orderSeconds,
  begin: (graph, row, at) =>
    hasBootedAnew(graph, row)
      ? unchanged
      : orderOf(
          ...([graph, row, { kind: 'power', action: powerOf(graph, row) }, at] as const),
          rebootPlanOf(row.plan).wait_up,
        ),
  look: (graph, course) =>
    orderIn(graph, course.row, course.note.begun)
      ? standingOfOrder(graph, course, (detail) =>
          isDone(`nobody knows whether it was carried out: ${detail}`),
        )
      : skipped(bootedAnew),
};

const boot: Stage = {
  name: 'boot',
  text: 'wait until its agent reports another boot',
  seconds: (plan) => rebootPlanOf(plan).wait_up + slack,
  isWait: true,
  look: (graph, { row }) => {
    if (hasBootedAnew(graph, row)) return isDone();
    const cycled = row.stages.findLast(({ name }) => name === cycle.name);
    const awaited = cycled && orderIn(graph, row, cycled.begun)?.awaited;
    if (!awaited) return hasFailed('what became of its power cycle is not remembered');
    switch (awaited.outcome) {
      case null:
        return waitingFor('the host is not up yet');
      case 'back':
        return isDone();
      case 'up':
        return isDone('it was up already');
      case 'away':
        return hasFailed(
          `the power command had no effect: its agent has not reported another boot within ${awaited.seconds} s`,
        );
    }
  },
};

export const reboot: Procedure = {
  stages: [drainJobs, ask, soft, cycle, boot, verify, resume],
  // What forbids it is asked of what checks have seen, before it is ordered and before each step.
  refuse: () => undefined,
};
