/** All indexes of the graph. */

import { BlockedHosts } from './blocked-hosts.ts';
import { Confds } from './confds.ts';
import { Deadlines } from './deadlines.ts';
import { Endpoints } from './endpoints.ts';
import { ExpectedLosses } from './expected-losses.ts';
import type { Lookup } from './following.ts';
import { HaProcesses } from './ha-processes.ts';
import { HostLists } from './host-lists.ts';
import { LentHosts } from './lent-hosts.ts';
import { ObmLabels } from './obm-labels.ts';
import { Problems } from './problems.ts';
import { OrdersOf } from './orders-of.ts';
import { ProcessLists } from './process-lists.ts';
import { Ranges } from './ranges.ts';
import { Requests } from './requests.ts';
import { RolesOnNodes } from './roles-on-nodes.ts';
import { Specs } from './specs.ts';
import { Tokens } from './tokens.ts';

// The names are the interface; the compiler derives the type.
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types
export const indexesOver = (lookup: Lookup) => ({
  blockedHosts: new BlockedHosts(),
  confds: new Confds(lookup),
  deadlines: new Deadlines(),
  endpoints: new Endpoints(),
  expectedLosses: new ExpectedLosses(lookup),
  haProcesses: new HaProcesses(lookup),
  hostLists: new HostLists(),
  lentHosts: new LentHosts(),
  obmLabels: new ObmLabels(),
  ordersOf: new OrdersOf(),
  problems: new Problems(lookup),
  processLists: new ProcessLists(lookup),
  ranges: new Ranges(),
  requests: new Requests(),
  rolesOnNodes: new RolesOnNodes(),
  specs: new Specs(),
  tokens: new Tokens(),
});

export type Indexes = ReturnType<typeof indexesOver>;
