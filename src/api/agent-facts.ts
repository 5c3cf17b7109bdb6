/** An agent's report as the core takes it: what it does not say is as it was. */

import type { ReportedFacts } from '../contract/agent-protocol.ts';
import type { HostFacts } from '../core/values/host-facts.ts';
import type { Pace } from '../station/fair-use/paces.ts';
import { ApiError } from './errors.ts';

/** Reports of the facts of one host. */
export const factsPace: Pace = { burst: 10, perSecond: 1 };

/** Loopback, also as IPv4 within IPv6: it names the station's machine and no other. */
const loopback = /^(127\.|::1$)/;

const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

/**
 * @param known what the host reported before
 * @param remote address the report came from, for a first one that names none
 */
export const factsFrom = (
  reported: ReportedFacts,
  remote: string,
  known: HostFacts | null | undefined,
): HostFacts => {
  const address = reported.address ?? known?.address ?? plain(remote);
  return {
    agent: reported.agent,
    address,
    lnid: reported.lnid ?? lnidOf(address, known),
    interfaces: (reported.interfaces ?? known?.interfaces ?? []).map((one) => ({
      name: one.name,
      address: one.address,
    })),
    memory_mib: reported.memory_mib,
    cpus: reported.cpus,
    kernel: reported.kernel ?? known?.kernel ?? '',
    boot_id: reported.boot_id ?? known?.boot_id ?? '',
    version: reported.version ?? known?.version ?? '',
  };
};

/** As it was, unless it was made of an address that is another now. */
const lnidOf = (address: string, known: HostFacts | null | undefined): string =>
  known && known.lnid !== `${known.address}@tcp` ? known.lnid : `${address}@tcp`;

/** @throws {ApiError} `invalid-request`: nothing says at which address others find the host */
export const requireAddress = (
  { address }: ReportedFacts,
  remote: string,
  known: HostFacts | null | undefined,
): void => {
  if (address !== undefined || known || !loopback.test(plain(remote))) return;
  const detail = `body lacks the field address: the report came from ${remote}, which is no other host's way to this one`;
  throw new ApiError('invalid-request', detail, { field: 'address' });
};
