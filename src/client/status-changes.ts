/** A status that is kept up to date by what changed. */

import type { Status } from './types.ts';

/** The whole status after an answer that tells what changed since the one before, or that is whole itself. */
export const withChanges = (seen: Status, answer: Status): Status => {
  const { delta, ...now } = answer;
  if (!delta) return now;
  const hosts = new Map(seen.hosts.map((host) => [host.fqdn, host]));
  for (const fqdn of delta.gone) hosts.delete(fqdn);
  for (const host of now.hosts) hosts.set(host.fqdn, host);
  const inOrder = [...hosts.values()].sort((a, b) => (a.fqdn < b.fqdn ? -1 : 1));
  return { ...now, hosts: inOrder };
};
