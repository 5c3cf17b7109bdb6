/**
 * A machine starts anew because something is the matter with it: by the gentlest way that is there, one after the other,
 * until its agent reports another boot. None is taken twice.
 */

import { unchanged } from '../decision.ts';
import type { ReadGraph } from '../graph/read-graph.ts';
import type { ProcedureRow } from '../graph/rows/procedures.ts';
import type { Plan, RebootPlan } from '../values/procedures.ts';
import { orderIn, orderOf, orderSeconds, standingOfOrder } from './orders.ts';
import { hasFailed, isDone, skipped, waitingFor } from './stage.ts';
import type { Course, Procedure, Stage, Standing } from './stage.ts';

/** For how long a system that was asked to shut down may take to be off, s. */
const softSeconds = 300;
/** Beyond the wait for the host, which is what is to say that it is over, s. */
const slack = 600;

const planOf = (plan: Plan): RebootPlan => {
  if (plan.kind !== 'reboot') throw new Error(`a ${plan.kind} is no reboot`);
  return plan;
};

/** Whether the agent of the host has reported another boot since it was begun. */
const hasBootedAnew = (graph: ReadGraph, { host, boot }: ProcedureRow): boolean => {
  const now = graph.must('host', host).facts?.boot_id ?? '';
  return boot !== undefined && now !== '' && now !== boot;
};

const bootedAnew = 'it has started anew already';

/** Whether anything was heard of its system: one that says nothing hears nothing either. */
const isHeard = (graph: ReadGraph, fqdn: string): boolean =>
  graph.must('host', fqdn).state === 'up' ||
  (graph.get('health', fqdn)?.checks ?? []).some(
    ({ check, verdict }) => (check === 'ping' || check === 'ssh') && verdict === 'ok',
  );

/** Why its system is not asked; null: it is. */
const whyNotAsked = (graph: ReadGraph, row: ProcedureRow): string | null => {
  if (hasBootedAnew(graph, row)) return bootedAnew;
  const { how, power } = planOf(row.plan);
  if (how === 'hard') return 'it is done by its power at once';
  if (power === 'on') return 'it is to be switched on';
  return isHeard(graph, row.host) ? null : 'nothing is heard of its system';
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
      : name === soft.name && (state === 'done' || state === 'failed' || state === 'cancelled'),
  );

/** What has shut down is switched on. */
const powerOf = (graph: ReadGraph, row: ProcedureRow): RebootPlan['power'] => {
  const asked = row.stages.find(({ name }) => name === soft.name);
  const wasSoft = asked?.state === 'done' || asked?.state === 'failed';
  return wasSoft && isOff(graph, row) ? 'on' : planOf(row.plan).power;
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
          planOf(row.plan).wait_up,
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
  seconds: (plan) => planOf(plan).wait_up + slack,
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
  stages: [soft, cycle, boot],
  // What forbids it is asked of what checks have seen, before it is ordered and before each step.
  refuse: () => undefined,
};
