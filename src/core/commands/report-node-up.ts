/** An agent says that its host is up, and what the host is like. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { HostRow } from '../graph/rows/hosts.ts';
import type { HostFacts } from '../values/host-facts.ts';
import { reject } from '../values/rejection.ts';
import { lackOfRoom } from './room.ts';

export interface ReportNodeUp {
  readonly type: 'ReportNodeUp';
  readonly fqdn: string;
  readonly facts: HostFacts;
  /** The only host that the agent's token may speak for; null: any. */
  readonly speaksFor: string | null;
  /** The agent that the host is known by, where its connection is known to be dead; else null. */
  readonly dead?: string | null;
}

/**
 * A host that nobody declared is registered by its report. A report that says nothing new leaves no
 * trace. A second machine with the name of a live one is refused, and that is recorded: whether a
 * report was taken shows in the host's `facts.agent`.
 */
export const reportNodeUp: Decide<ReportNodeUp> = (graph, report) => {
  const { fqdn, facts, speaksFor, dead } = report;
  if (speaksFor !== null && speaksFor !== fqdn)
    return reject('identity-mismatch', `the token speaks for ${speaksFor}, not for ${fqdn}`, {
      subject: fqdn,
    });
  const host = graph.get('host', fqdn);
  const up: EventDraft = { type: 'NodeUp', data: { fqdn, facts: withLists(facts) } };
  if (!host)
    return lackOfRoom(graph, 1) ?? decided([{ type: 'HostRegistered', data: { fqdn } }, up]);
  const isRebornHere = dead === host.facts?.agent && mayBeReborn(host, report);
  if (isClaimed(host, facts.agent) && !isRebornHere) {
    if (host.refused.includes(facts.agent)) return unchanged;
    const { agent, address } = facts;
    return decided([{ type: 'HostClaimRefused', data: { fqdn, agent, address } }]);
  }
  return host.state === 'up' && sameFacts(host.facts!, facts) ? unchanged : decided([up]);
};

/** Whether the host is up, and known by another agent. */
export const isClaimed = (host: HostRow, agent: string): boolean =>
  host.state === 'up' && host.facts !== null && host.facts.agent !== agent;

/**
 * Whether a report may come from the machine that the host is known by, booted anew without the id
 * of its agent. It is one where the old agent is dead, too. An address may be lied about, a token
 * bound to this host may not be had by others.
 */
export const mayBeReborn = (
  host: HostRow,
  { facts, speaksFor }: Pick<ReportNodeUp, 'facts' | 'speaksFor'>,
): boolean =>
  isClaimed(host, facts.agent) &&
  speaksFor === host.fqdn &&
  facts.address === host.facts!.address &&
  facts.boot_id !== host.facts!.boot_id &&
  facts.boot_id !== '' &&
  host.facts!.boot_id !== '';

const withLists = (
  facts: HostFacts,
): HostFacts & { interfaces: { name: string; address: string }[] } => ({
  ...facts,
  interfaces: [...facts.interfaces],
});

const sameFacts = (a: HostFacts, b: HostFacts): boolean =>
  a.agent === b.agent &&
  a.address === b.address &&
  a.lnid === b.lnid &&
  a.memory_mib === b.memory_mib &&
  a.cpus === b.cpus &&
  a.kernel === b.kernel &&
  a.boot_id === b.boot_id &&
  a.version === b.version &&
  a.interfaces.length === b.interfaces.length &&
  a.interfaces.every(
    ({ name, address }, i) =>
      name === b.interfaces[i]!.name && address === b.interfaces[i]!.address,
  );
