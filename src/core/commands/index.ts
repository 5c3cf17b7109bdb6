/** All commands. */

import type { Graph } from '../graph/graph.ts';
import { addProcesses } from './add-processes.ts';
import type { AddProcesses } from './add-processes.ts';
import type { DecideContext, Decision } from './command.ts';
import { issueCredential, revokeCredential } from './credentials.ts';
import type { IssueCredential, RevokeCredential } from './credentials.ts';
import { fireDeadlines } from './fire-deadlines.ts';
import type { FireDeadlines } from './fire-deadlines.ts';
import { loadDeclaration } from './load-declaration.ts';
import type { LoadDeclaration } from './load-declaration.ts';
import { registerHost } from './register-host.ts';
import type { RegisterHost } from './register-host.ts';
import { removeProcess } from './remove-process.ts';
import type { RemoveProcess } from './remove-process.ts';
import { reportNodeDown } from './report-node-down.ts';
import type { ReportNodeDown } from './report-node-down.ts';
import { reportNodeUp } from './report-node-up.ts';
import type { ReportNodeUp } from './report-node-up.ts';
import { reportProcessState } from './report-process-state.ts';
import type { ReportProcessState } from './report-process-state.ts';

export type Command =
  | LoadDeclaration
  | RegisterHost
  | ReportNodeUp
  | ReportNodeDown
  | AddProcesses
  | RemoveProcess
  | ReportProcessState
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
  ReportNodeUp: reportNodeUp,
  ReportNodeDown: reportNodeDown,
  AddProcesses: addProcesses,
  RemoveProcess: removeProcess,
  ReportProcessState: reportProcessState,
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
