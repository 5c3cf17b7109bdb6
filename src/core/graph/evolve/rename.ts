/** What a new name of a host changes in the graph: everything that is kept by its name. */

import { retiredRole } from '../../values/credential-roles.ts';
import { clearDeadline, deadlineOf, setDeadline } from '../changes.ts';
import type { Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import { renameInCampaigns } from './campaigns.ts';
import { renameHealth } from './checks.ts';
import { renameNotes } from './notes.ts';
import { renameMaintenance } from './maintenance.ts';

/** How many former names of a host are remembered. */
const formerMax = 8;

/**
 * The host gets its new name first and loses the old one last, so that whatever refers to it finds one at every moment.
 */
export const renamed = (graph: Graph, from: string, to: string, position: Position): void => {
  const { revision } = position;
  const { formerly = [], ...host } = graph.must('host', from);
  const former = [...formerly, { name: from, until: revision }].slice(-formerMax);
  graph.put('host', { ...host, fqdn: to, formerly: former, changed: revision });

  const node = graph.one('runs', from);
  if (node) graph.put('node', { ...node, host: to, changed: revision });
  const obm = graph.one('manages', from);
  if (obm) {
    graph.remove('obm', from);
    graph.put('obm', { ...obm, host: to, changed: revision });
  }
  const registration = graph.one('registers', from);
  if (registration) {
    graph.remove('registration', from);
    graph.put('registration', { ...registration, host: to, changed: revision });
  }
  const observation = graph.one('observes', from);
  if (observation) {
    graph.remove('observation', from);
    graph.put('observation', { ...observation, host: to, changed: revision });
  }
  for (const order of [...graph.many('obeys', from)])
    graph.put('order', { ...order, host: to, changed: revision });
  for (const procedure of [...graph.many('undergoes', from)])
    graph.put('procedure', { ...procedure, host: to, changed: revision });
  for (const connection of [...graph.many('connects', from)])
    graph.put('connection', { ...connection, host: to, changed: revision });
  const policy = graph.one('guides', from);
  if (policy) {
    graph.remove('policy', policy.id);
    graph.put('policy', { ...policy, id: to, host: to, changed: revision });
  }
  const recovery = graph.one('recovers', from);
  if (recovery) {
    graph.remove('recovery', from);
    graph.put('recovery', { ...recovery, host: to, changed: revision });
  }
  const attempt = deadlineOf(graph, 'recovery-attempt', from);
  if (attempt) {
    clearDeadline(graph, 'recovery-attempt', from);
    setDeadline(graph, 'recovery-attempt', to, attempt.at, position);
  }
  renameMaintenance(graph, from, to, position);
  renameHealth(graph, from, to, position);
  renameNotes(graph, from, to, position);
  renameInCampaigns(graph, from, to, position);
  // Tokens that speak for the host go on doing so.
  for (const credential of [...graph.all('credential')])
    if (credential.host === from && credential.role !== retiredRole)
      graph.put('credential', { ...credential, host: to, changed: revision });
  graph.remove('host', from);
};
