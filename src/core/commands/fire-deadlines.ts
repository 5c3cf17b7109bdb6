/** Turns the deadlines that are due into what follows from them. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { DeadlineKind, DeadlineRow } from '../graph/rows/deadlines.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { varOf } from '../graph/vars.ts';
import { afterFailure } from '../lifecycle/failure.ts';
import { startOrder, stopOrder } from '../lifecycle/orders.ts';
import { hostOf } from '../lifecycle/process.ts';
import { attemptRecovery } from '../lifecycle/recovery.ts';
import { nextState } from '../lifecycle/transitions.ts';
import { isWanted } from '../lifecycle/wanted.ts';
import type { Fid } from '../values/fid.ts';

export interface FireDeadlines {
  readonly type: 'FireDeadlines';
  /**
   * Hosts that are up as far as anybody knows, but that could not be heard. Absent: none.
   */
  readonly away?: ReadonlySet<string>;
  /**
   * The station has not listened for a whole keepalive timeout yet: a host that is down may be back,
   * and only not have been heard. Absent: it has.
   */
  readonly isNew?: boolean;
}

/** How many deadlines one commit may fire. */
export const deadlinesPerCommit = 1000;

type Handle = (
  graph: Graph,
  due: readonly DeadlineRow[],
  at: number,
  away: ReadonlySet<string>,
  isNew: boolean,
) => EventDraft[];

const revoke: Handle = (_graph, due) =>
  due.map(({ subject }) => ({ type: 'CredentialRevoked', data: { id: subject, why: 'expired' } }));

const forget: Handle = (_graph, due) =>
  due.length === 0
    ? []
    : [{ type: 'RequestsForgotten', data: { ids: due.map(({ subject }) => subject) } }];

const cooled: Handle = (_graph, due) =>
  due.length === 0
    ? []
    : [{ type: 'EndpointsCooled', data: { endpoints: due.map(({ subject }) => subject) } }];

const forgetDepartures: Handle = (_graph, due) =>
  due.length === 0
    ? []
    : [{ type: 'DeparturesForgotten', data: { fids: due.map(({ subject }) => subject as Fid) } }];

const resume: Handle = (_graph, due) =>
  due.map(({ subject }) => ({ type: 'ClusterAdvanceResumed', data: { after: subject as Fid } }));

/**
 * A time limit of a process. While its host is down, or its agent away, nothing can be known of the
 * process, so the limit is put off by `pause` seconds.
 */
const ofProcess =
  (
    pause: 'process_start_timeout' | 'process_stop_timeout' | 'process_restart_retry_interval',
    handle: (graph: Graph, process: ProcessRow, at: number) => EventDraft[],
  ): Handle =>
  (graph, due, at, away) =>
    due.flatMap(({ id, subject }) => {
      const process = graph.must('process', subject);
      const host = hostOf(graph, process);
      if (host.state === 'up' && !away.has(host.fqdn)) return handle(graph, process, at);
      const seconds = Math.max(1, varOf(graph, pause));
      return [{ type: 'DeadlinePostponed', data: { id, at: at + seconds * 1000 } }];
    });

const notReady = ofProcess('process_start_timeout', (graph, process, at) => {
  if (!isWanted(graph, process)) return [stopOrder(graph, process, at)];
  const seconds = varOf(graph, 'process_start_timeout');
  return afterFailure(graph, process, `not ready within ${seconds} s`, at);
});

const notEnded = ofProcess('process_stop_timeout', (graph, { fid, state }) => {
  const to = nextState('managed', state, 'hang');
  const reason = `not ended within ${varOf(graph, 'process_stop_timeout')} s`;
  return to ? [{ type: 'ProcessStateChanged', data: { fid, state: to, reason } }] : [];
});

const again = ofProcess('process_restart_retry_interval', (graph, process, at) => [
  startOrder(graph, process, process.attempt, at),
]);

const attempt: Handle = (graph, due, at, _away, isNew) =>
  due.flatMap(({ subject }) => attemptRecovery(graph, subject, at, isNew));

const handlers: { readonly [K in DeadlineKind]: Handle } = {
  'credential-expiry': revoke,
  'request-expiry': forget,
  'process-start': notReady,
  'process-stop': notEnded,
  'process-retry': again,
  'endpoint-cooldown': cooled,
  'recovery-attempt': attempt,
  'departure-expiry': forgetDepartures,
  'cluster-advance': resume,
};

const nobody: ReadonlySet<string> = new Set();

export const fireDeadlines: Decide<FireDeadlines> = (
  graph,
  { away = nobody, isNew = false },
  { at },
) => {
  const due = graph.indexes.deadlines.due(at, deadlinesPerCommit);
  return decided(
    Object.entries(handlers).flatMap(([kind, handle]) =>
      handle(
        graph,
        due.filter((deadline) => deadline.kind === kind),
        at,
        away,
        isNew,
      ),
    ),
  );
};
