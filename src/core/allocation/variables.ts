/** The template variables that a host's own facts give. */

import type { HostRow } from '../graph/rows/hosts.ts';
import type { Variables } from '../values/roles.ts';

const mebibyte = 1_048_576;

/**
 * `fqdn`; from what its agent reports `lnid`, `host_mem_as`, `host_mem_rss`, `host_mem_stack`,
 * `host_mem_memlock` (bytes) and `host_cores` (one 1 a CPU); on top, what was declared for the
 * host.
 */
export const hostVariables = ({ fqdn, facts, variables }: HostRow): Variables => {
  if (!facts) return { fqdn, ...variables };
  const memory = facts.memory_mib * mebibyte;
  return {
    fqdn,
    lnid: facts.lnid,
    host_mem_as: memory,
    host_mem_rss: memory,
    host_mem_stack: memory,
    host_mem_memlock: memory,
    host_cores: Array.from({ length: facts.cpus }, () => 1),
    ...variables,
  };
};

/**
 * Whether enough is known of a host to render roles for it: its agent reported, or facts name its
 * LNet id.
 */
export const canRender = ({ facts, variables }: HostRow): boolean =>
  facts !== null || typeof variables['lnid'] === 'string';
