/** A machine is given back: nothing of the cluster is left on it, it is off, and it is in no project. */

import type { ReadGraph } from '../graph/read-graph.ts';
import { decided, unchanged } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ProcedureRow } from '../graph/rows/procedures.ts';
import { nodeRemovalOrderedEvents, processRemovalEvents } from '../lifecycle/leaving.ts';
import { isObmEnabled } from '../lifecycle/obm.ts';
import { stayingOf } from '../lifecycle/staying.ts';
import { mayStill } from '../rights/asking.ts';
import { isForced } from '../values/procedures.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';
import { drain, drainRefused, named, processesOf } from './drain.ts';
import { orderOf, orderSeconds, standingOfOrder } from './orders.ts';
import { pausedByOthers } from './paused.ts';
import { hasFailed, isDone, waitingFor } from './stage.ts';
import type { Procedure, Stage } from './stage.ts';

/** Why something of a host would stay; undefined: all of it can leave. */
const removeRefused = (graph: Graph, fqdn: string, force: boolean): Refused | undefined => {
  const present = processesOf(graph, fqdn).filter(({ removing }) => !removing);
  const [first, ...others] = stayingOf(graph, present, force);
  if (!first) return undefined;
  const more = others.length > 0 ? `, and ${others.length} more would stay` : '';
  return reject(first.code, `${first.process.fid} of ${fqdn} would stay: ${first.why}${more}`, {
    subject: fqdn,
  });
};

const remove: Stage = {
  name: 'remove',
  text: 'take its processes out of the cluster',
  seconds: () => 1800,
  begin: (graph, { host, plan }, at) => {
    const node = graph.one('runs', host);
    if (!node || node.removing) return unchanged;
    const refused = removeRefused(graph, host, isForced(plan));
    if (refused) return refused;
    const leaving = processesOf(graph, host).filter(({ removing }) => !removing);
    return decided([
      ...leaving.flatMap((process) => processRemovalEvents(graph, process, at)),
      ...nodeRemovalOrderedEvents(node, null),
    ]);
  },
  look: (graph, { row: { host } }) => {
    if (!graph.one('runs', host)?.removing) return isDone();
    const left = processesOf(graph, host);
    return waitingFor(`${left.length} processes to leave: ${named(left)}`);
  },
};

/** What was switched off on purpose is not recovered. */
const setAside = (graph: Graph, { host: fqdn, by, created }: ProcedureRow): EventDraft[] => {
  if (graph.get('maintenance', fqdn)) return [];
  const data = { fqdn, reason: `released by operation ${created}`, by: by[0] ?? 'station' };
  return [{ type: 'MaintenanceBegun', data: { ...data, until: null } }];
};

const powerOff: Stage = {
  name: 'power-off',
  text: 'switch it off, and put it in maintenance so that nothing recovers it',
  seconds: () => orderSeconds,
  begin: (graph, row, at) => {
    const ordered = orderOf(graph, row, { kind: 'power', action: 'off' }, at);
    return ordered.ok ? decided([...setAside(graph, row), ...ordered.events]) : ordered;
  },
  look: (graph, course) => standingOfOrder(graph, course),
};

/** What the station does for it: nobody may use the OBM of a machine that changes hands. */
export const disablesObm = 'disable-obm';

const isLent = (graph: ReadGraph, host: string): boolean =>
  (graph.get('host', host)?.project ?? null) !== null;

const detach: Stage = {
  name: 'detach',
  text: 'disable its OBM and take it from its project, if it is in one',
  seconds: () => 600,
  act: (graph, { host }) => (isLent(graph, host) ? disablesObm : null),
  begin: (graph, { host, by }) =>
    !isLent(graph, host) || mayStill(graph, by, 'operate', host)
      ? unchanged
      : reject('right-ended', `whoever asked may not take ${host} from its project any more`),
  look: (graph, { row: { host: fqdn }, note: { act } }) => {
    const { project } = graph.must('host', fqdn);
    if (project === null) return isDone(act ? '' : 'it is in no project');
    const end = act?.end;
    if (!end) return waitingFor('its OBM to be disabled');
    if (end.outcome !== 'done') return hasFailed(`its OBM is not disabled: ${end.detail}`);
    if (isObmEnabled(graph, fqdn)) return hasFailed('its OBM was enabled again meanwhile');
    const events = [{ type: 'MachineDetached', data: { fqdn, project } }] as const;
    return { is: 'done', detail: `it was in the project ${project}`, events };
  },
};

export const release: Procedure = {
  stages: [drain, remove, powerOff, detach],
  refuse: (graph, fqdn, plan, by) =>
    removeRefused(graph, fqdn, isForced(plan)) ??
    (isForced(plan) ? undefined : (pausedByOthers(graph, fqdn, by) ?? drainRefused(graph, fqdn))),
};
