/** Brings what is done with machines in several stages forward. */

import { decided, unchanged } from '../decision.ts';
import type { EventOf } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import { advanceEvents } from '../procedures/advance.ts';
import { stateRule } from './rule.ts';
import type { Rule } from './rule.ts';

const moving = [
  'ProcedureOrdered',
  'ProcedureBegun',
  'ProcedureStageBegun',
  'ProcedureActEnded',
  'ProcedureStageEnded',
  'ProcedureCancelAsked',
  'ProcedureEnded',
  'ObmOrderEnded',
  'HostAwaitEnded',
  'ObmPowerChanged',
  'NodeUp',
  'NodeDown',
  'NodeRemoved',
  'NodeWanted',
  'ProcessWanted',
  'ProcessStateChanged',
  'ProcessRemoved',
] as const;

/** The machine whose procedure an event may bring forward. */
const machineOf = (
  graph: Graph,
  { data }: EventOf<(typeof moving)[number]>,
): string | undefined => {
  if (graph.count('procedure') === 0) return undefined;
  const host = 'fqdn' in data ? data.fqdn : hostOf(graph, data);
  return host !== undefined && graph.related('undergoes', host) > 0 ? host : undefined;
};

/** Of a process, its node, or a node that has gone: that one is looked at when its host is. */
const hostOf = (
  graph: Graph,
  { fid, node }: { readonly fid: string; readonly node?: string | null },
): string | undefined => graph.get('node', node ?? graph.get('process', fid)?.node ?? fid)?.host;

const advance = stateRule({
  name: 'advance-procedure',
  description:
    'What is done with a machine in stages goes on when the stage that it is in has ended.',
  on: moving,
  subject: machineOf,
  follow: (graph, fqdn, { at }) => {
    const events = advanceEvents(graph, fqdn, at);
    return events.length === 0 ? unchanged : decided(events);
  },
});

export const advanceProcedures: readonly Rule[] = [advance];
