/** A machine starts anew from the network, and runs again what it ran. What it is given there is nobody's matter here. */

import { decided, unchanged } from '../decision.ts';
import type { ReadGraph } from '../graph/read-graph.ts';
import { Requirements } from '../lifecycle/requirements.ts';
import { isManaged } from '../lifecycle/process.ts';
import { wantedOf } from '../lifecycle/wanted.ts';
import { isForced, reinstallUsual } from '../values/procedures.ts';
import type { Plan } from '../values/procedures.ts';
import type { HostFacts } from '../values/host-facts.ts';
import type { Before } from '../graph/rows/procedures.ts';
import { drain, drainRefused, named, processesOf } from './drain.ts';
import { orderIn, orderOf, orderSeconds, standingOfOrder } from './orders.ts';
import { hasFailed, isDone, waitingFor } from './stage.ts';
import type { Course, Procedure, Stage, Standing } from './stage.ts';
import { pausedByOthers } from './paused.ts';

/** Beyond the wait for the host, which is what is to say that it is over, s. */
const slack = 600;

const upWithin = (plan: Plan): number =>
  plan.kind === 'reinstall' ? plan.wait_up : reinstallUsual;

const netboot: Stage = {
  name: 'netboot',
  text: 'say that it starts from the network, once',
  seconds: () => orderSeconds,
  begin: (graph, row, at) =>
    orderOf(graph, row, { kind: 'boot-device', device: 'pxe', persistent: false }, at),
  look: (graph, course) => standingOfOrder(graph, course),
};

/** Where nobody knows whether it was sent, the next boot tells. */
const cycle: Stage = {
  name: 'cycle',
  text: 'switch it off and on again',
  seconds: () => orderSeconds,
  begin: (graph, row, at) =>
    orderOf(graph, row, { kind: 'power', action: 'cycle' }, at, upWithin(row.plan)),
  look: (graph, course) =>
    standingOfOrder(graph, course, (detail) =>
      isDone(`nobody knows whether it was carried out: ${detail}`),
    ),
};

const boot: Stage = {
  name: 'boot',
  text: 'wait until its agent reports another boot',
  seconds: (plan) => upWithin(plan) + slack,
  isWait: true,
  look: (graph, { row }) => {
    const cycled = row.stages.findLast(({ name }) => name === cycle.name);
    const awaited = cycled && orderIn(graph, row, cycled.begun)?.awaited;
    if (!awaited) return hasFailed('what became of its power cycle is not remembered');
    if (awaited.outcome === null) return waitingFor('the host is not up yet');
    if (awaited.outcome === 'back') return isDone();
    return hasFailed(`its agent has not reported another boot within ${awaited.seconds} s`);
  },
};

/** A machine that lost this share of its memory lost a module. */
const memoryKept = 0.95;

/** What is less than it was; empty: nothing. */
const lossesOf = ({ cpus, memoryMib }: Before, now: HostFacts): string[] => [
  ...(cpus !== null && now.cpus < cpus ? [`it has ${now.cpus} CPUs and had ${cpus}`] : []),
  ...(memoryMib !== null && now.memory_mib < memoryMib * memoryKept
    ? [`it has ${now.memory_mib} MiB of memory and had ${memoryMib}`]
    : []),
];

const verify: Stage = {
  name: 'verify',
  text: 'see that it has the CPUs and the memory that it had',
  seconds: () => 60,
  look: (graph, { row: { host, before, plan } }) => {
    const { facts } = graph.must('host', host);
    if (!facts) return hasFailed('its agent has reported no facts');
    const losses = before ? lossesOf(before, facts) : [];
    if (losses.length === 0) return isDone(before?.cpus === null ? 'it was never seen before' : '');
    return isForced(plan) ? isDone(losses.join('; ')) : hasFailed(losses.join('; '));
  },
};

/** What is wanted there and is not online, and why it will not be; empty: it will. */
const startStanding = (graph: ReadGraph, { row: { host } }: Course): Standing => {
  const node = graph.one('runs', host);
  if (!node) return isDone('it has no processes');
  const wanted = processesOf(graph, host).filter(
    (row) => isManaged(graph, row) && wantedOf(graph, row)?.state === 'online',
  );
  const left = wanted.filter(({ state }) => state !== 'online');
  if (left.length === 0) return isDone();
  if (graph.must('host', host).state !== 'up') return waitingFor('the host is down again');
  const requirements = new Requirements(graph, node.fid);
  const stuck = left.filter((row) => !requirements.comes(row));
  if (stuck.length === left.length) return hasFailed(`it does not start: ${named(stuck)}`);
  return waitingFor(`${left.length} of ${wanted.length} processes to start: ${named(left)}`);
};

const start: Stage = {
  name: 'start',
  text: 'start what ran there',
  seconds: () => 1800,
  isWait: true,
  begin: (graph, { host, before }) => {
    const node = graph.one('runs', host);
    return before?.restart && node && !node.removing
      ? decided([{ type: 'NodeWanted', data: { fid: node.fid, state: 'online' } }])
      : unchanged;
  },
  look: (graph, course) =>
    course.row.before?.restart
      ? startStanding(graph, course)
      : isDone('nothing was wanted to run there'),
};

export const reinstall: Procedure = {
  stages: [drain, netboot, cycle, boot, verify, start],
  refuse: (graph, fqdn, plan, by) =>
    isForced(plan) ? undefined : (pausedByOthers(graph, fqdn, by) ?? drainRefused(graph, fqdn)),
};
