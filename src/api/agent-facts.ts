/** An agent's report as the core takes it: what an older agent does not say is filled in. */

import type { HostFacts } from '../core/graph/resources.ts';
import type { ReportedFacts } from './schemas/agent-protocol.ts';

/** @param remote address the report came from, for an agent that does not say its own */
export const factsFrom = (reported: ReportedFacts, remote: string): HostFacts => {
  const address = reported.address ?? remote;
  return {
    agent: reported.agent,
    address,
    lnid: reported.lnid ?? `${address}@tcp`,
    interfaces: (reported.interfaces ?? []).map((one) => ({
      name: one.name,
      address: one.address,
    })),
    memory_mib: reported.memory_mib,
    cpus: reported.cpus,
    kernel: reported.kernel ?? '',
    boot_id: reported.boot_id ?? '',
    version: reported.version ?? '',
  };
};
