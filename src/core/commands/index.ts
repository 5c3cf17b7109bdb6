/** All commands. */

import type { DecideContext, Decision } from '../decision.ts';
import type { Graph } from '../graph/graph.ts';
import { addProcesses } from './add-processes.ts';
import type { AddProcesses } from './add-processes.ts';
import { issueCredential, revokeCredential } from './credentials.ts';
import type { IssueCredential, RevokeCredential } from './credentials.ts';
import { fireDeadlines } from './fire-deadlines.ts';
import type { FireDeadlines } from './fire-deadlines.ts';
import { expireLease, leaseProcess } from './lease.ts';
import type { ExpireLease, LeaseProcess } from './lease.ts';
import { overrideState, restartProcess, wantCluster, wantNode, wantProcess } from './lifecycle.ts';
import type {
  OverrideState,
  RestartProcess,
  WantCluster,
  WantNode,
  WantProcess,
} from './lifecycle.ts';
import { loadDeclaration } from './load-declaration.ts';
import type { LoadDeclaration } from './load-declaration.ts';
import { registerHost } from './register-host.ts';
import type { RegisterHost } from './register-host.ts';
import { removeHost, removeNode, removeProcess } from './removal.ts';
import type { RemoveHost, RemoveNode, RemoveProcess } from './removal.ts';
import { renameHost } from './rename-host.ts';
import type { RenameHost } from './rename-host.ts';
import { reportNodeDown } from './report-node-down.ts';
import type { ReportNodeDown } from './report-node-down.ts';
import { reportNodeUp } from './report-node-up.ts';
import type { ReportNodeUp } from './report-node-up.ts';
import { reportProcessState } from './report-process-state.ts';
import type { ReportProcessState } from './report-process-state.ts';
import { reportProcess } from './report-process.ts';
import type { ReportProcess } from './report-process.ts';
import { reportRecoveryStep } from './report-recovery-step.ts';
import type { ReportRecoveryStep } from './report-recovery-step.ts';
import { resetCluster } from './reset.ts';
import type { ResetCluster } from './reset.ts';
import { scaleRole } from './scale-role.ts';
import type { ScaleRole } from './scale-role.ts';
import { setVars } from './set-vars.ts';
import type { SetVars } from './set-vars.ts';

export type Command =
  | LoadDeclaration
  | RegisterHost
  | RenameHost
  | ReportNodeUp
  | ReportNodeDown
  | ReportRecoveryStep
  | AddProcesses
  | ScaleRole
  | ResetCluster
  | WantCluster
  | WantNode
  | WantProcess
  | RestartProcess
  | ReportProcess
  | OverrideState
  | RemoveProcess
  | RemoveNode
  | RemoveHost
  | SetVars
  | ReportProcessState
  | LeaseProcess
  | ExpireLease
  | IssueCredential
  | RevokeCredential
  | FireDeadlines;

const deciders: {
  readonly [T in Command['type']]: (
    graph: Graph,
    command: Extract<Command, { type: T }>,
    context: DecideContext,
  ) => Decision;
} = {
  LoadDeclaration: loadDeclaration,
  RegisterHost: registerHost,
  RenameHost: renameHost,
  ReportNodeUp: reportNodeUp,
  ReportNodeDown: reportNodeDown,
  ReportRecoveryStep: reportRecoveryStep,
  AddProcesses: addProcesses,
  ScaleRole: scaleRole,
  ResetCluster: resetCluster,
  WantCluster: wantCluster,
  WantNode: wantNode,
  WantProcess: wantProcess,
  RestartProcess: restartProcess,
  ReportProcess: reportProcess,
  OverrideState: overrideState,
  RemoveProcess: removeProcess,
  RemoveNode: removeNode,
  RemoveHost: removeHost,
  SetVars: setVars,
  ReportProcessState: reportProcessState,
  LeaseProcess: leaseProcess,
  ExpireLease: expireLease,
  IssueCredential: issueCredential,
  RevokeCredential: revokeCredential,
  FireDeadlines: fireDeadlines,
};

/** What a command leads to, by itself; rules come after. */
export const decide = (graph: Graph, command: Command, context: DecideContext): Decision =>
  (deciders[command.type] as (g: Graph, c: Command, x: DecideContext) => Decision)(
    graph,
    command,
    context,
  );
