/** All commands. */

import type { DecideContext, Decide, Decision } from '../decision.ts';
import type { Graph } from '../graph/graph.ts';
import { addNote } from './add-note.ts';
import { addProcesses } from './add-processes.ts';
import { attachMachines } from './attach-machines.ts';
import { cancelCampaign, orderCampaign } from './order-campaign.ts';
import { cancelOrdered } from './cancel-ordered.ts';
import { endConnection, makeConnection } from './console-connections.ts';
import { detachMachines } from './detach-machines.ts';
import { expireLease } from './expire-lease.ts';
import { fireDeadlines } from './fire-deadlines.ts';
import { giveGrant, revokeGrant } from './grants.ts';
import { issueCredential } from './issue-credential.ts';
import { leaseProcess } from './lease-process.ts';
import { loadDeclaration } from './load-declaration.ts';
import { beginMaintenance, endMaintenance } from './maintenance.ts';
import { joinProject, leaveProject } from './memberships.ts';
import { beginObmOrder, endObmOrder, orderObm } from './order-obm.ts';
import { endStageAct, orderProcedure } from './order-procedure.ts';
import { overrideState } from './override-state.ts';
import { createProject, deleteProject } from './projects.ts';
import { rebootHost, refuseReboot, refuseReboots } from './reboot-host.ts';
import { registerHost } from './register-host.ts';
import { registerObm, unregisterObm } from './register-obm.ts';
import { removeHost } from './remove-host.ts';
import { removeNode } from './remove-node.ts';
import { removeProcess } from './remove-process.ts';
import { renameHost } from './rename-host.ts';
import { reportChecks } from './report-checks.ts';
import { reportNodeDown } from './report-node-down.ts';
import { reportNodeUp } from './report-node-up.ts';
import { reportNodesUp } from './report-nodes-up.ts';
import { reportObmd } from './report-obmd.ts';
import { reportProcessState } from './report-process-state.ts';
import { reportProcess } from './report-process.ts';
import { reportRecoveryStep } from './report-recovery-step.ts';
import { resetCluster } from './reset-cluster.ts';
import { restartProcess } from './restart-process.ts';
import { revokeCredential } from './revoke-credential.ts';
import { scaleRole } from './scale-role.ts';
import { setPolicy } from './set-policy.ts';
import { setVars } from './set-vars.ts';
import { addStation, leadStation, retireStation } from './stations.ts';
import { disableObm, enableObm, reportObmEnabled } from './use-obm.ts';
import {
  addUser,
  beginSession,
  changeFactor,
  changeUser,
  openSession,
  refuseLogin,
  removeUser,
} from './users.ts';
import { wantCluster } from './want-cluster.ts';
import { wantNode } from './want-node.ts';
import { wantProcess } from './want-process.ts';

/** By the type of the command. */
const deciders = {
  LoadDeclaration: loadDeclaration,
  RegisterHost: registerHost,
  RenameHost: renameHost,
  ReportNodeUp: reportNodeUp,
  ReportNodesUp: reportNodesUp,
  ReportNodeDown: reportNodeDown,
  ReportRecoveryStep: reportRecoveryStep,
  BeginMaintenance: beginMaintenance,
  EndMaintenance: endMaintenance,
  AddNote: addNote,
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
  SetPolicy: setPolicy,
  AddUser: addUser,
  ChangeUser: changeUser,
  RemoveUser: removeUser,
  ChangeFactor: changeFactor,
  RefuseLogin: refuseLogin,
  BeginSession: beginSession,
  OpenSession: openSession,
  GiveGrant: giveGrant,
  RevokeGrant: revokeGrant,
  CreateProject: createProject,
  DeleteProject: deleteProject,
  AttachMachines: attachMachines,
  DetachMachines: detachMachines,
  JoinProject: joinProject,
  LeaveProject: leaveProject,
  RegisterObm: registerObm,
  UnregisterObm: unregisterObm,
  EnableObm: enableObm,
  ReportObmEnabled: reportObmEnabled,
  DisableObm: disableObm,
  OrderObm: orderObm,
  RebootHost: rebootHost,
  RefuseReboot: refuseReboot,
  RefuseReboots: refuseReboots,
  BeginObmOrder: beginObmOrder,
  EndObmOrder: endObmOrder,
  OrderProcedure: orderProcedure,
  EndStageAct: endStageAct,
  OrderCampaign: orderCampaign,
  CancelCampaign: cancelCampaign,
  CancelOrdered: cancelOrdered,
  MakeConnection: makeConnection,
  EndConnection: endConnection,
  ReportObmd: reportObmd,
  ReportChecks: reportChecks,
  AddStation: addStation,
  RetireStation: retireStation,
  LeadStation: leadStation,
  FireDeadlines: fireDeadlines,
};

type CommandOf<D> = D extends Decide<infer C> ? C : never;
export type Command = CommandOf<(typeof deciders)[keyof typeof deciders]>;

/** Each is listed under its own type. */
const byType: { readonly [T in Command['type']]: Decide<Extract<Command, { type: T }>> } = deciders;

/** What a command leads to, by itself; rules come after. */
export const decide = (graph: Graph, command: Command, context: DecideContext): Decision =>
  (byType[command.type] as Decide<Command>)(graph, command, context);
