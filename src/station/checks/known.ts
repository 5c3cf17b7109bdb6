/** What the station knows without asking anybody: checks that are answered from the graph. */

import { agentFinding } from '../../checks/catalogue/agent.ts';
import { ipmiFinding } from '../../checks/catalogue/ipmi.ts';
import type { ManagerSeen } from '../../checks/catalogue/ipmi.ts';
import { powerFinding } from '../../checks/catalogue/power.ts';
import type { Finding } from '../../checks/check.ts';
import type { Graph } from '../../core/graph/graph.ts';

const managerOf = (graph: Graph, fqdn: string): ManagerSeen => {
  const seen = graph.get('observation', fqdn);
  return {
    registered: graph.get('registration', fqdn) !== undefined,
    trouble: seen?.trouble?.reason ?? null,
    power: seen?.power?.state ?? null,
  };
};

const answers: ReadonlyMap<string, (graph: Graph, fqdn: string) => Finding> = new Map([
  ['agent', (graph, fqdn) => agentFinding(graph.must('host', fqdn).state)],
  ['ipmi', (graph, fqdn) => ipmiFinding(managerOf(graph, fqdn))],
  ['power', (graph, fqdn) => powerFinding(managerOf(graph, fqdn))],
]);

/** Ids of the checks that are answered so. */
export const knownChecks: ReadonlySet<string> = new Set(answers.keys());

/** @param id one of {@link knownChecks} */
export const knownFinding = (graph: Graph, fqdn: string, id: string): Finding =>
  answers.get(id)!(graph, fqdn);
