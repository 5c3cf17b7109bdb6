/** A network of a machine of QEMU's and this one, without anybody else: what hangs there is silent, as on a real network. */

import type { Test } from 'tap';
import { addressIn, ip } from '../lifecycle/cable.ts';

export interface Tap {
  /** Of the interface here. */
  readonly name: string;
  /** Address of this machine. */
  readonly station: string;
  /** Address that the other one is to have. */
  readonly machine: string;
  /** That are the same in both addresses. */
  readonly bits: number;
}

/**
 * It is there until the test ends; one in a process.
 *
 * @throws {Error} this is not root, or may make no network interfaces
 */
export const layTap = (t: Test): Tap => {
  const network = process.pid % 32_768;
  const [station, machine] = [addressIn(network, 1), addressIn(network, 2)];
  const tap: Tap = { name: `hm${process.pid}`, station, machine, bits: 30 };
  ip(`tuntap add dev ${tap.name} mode tap`);
  t.teardown(() => ip(`link delete ${tap.name}`));
  ip(`address add ${station}/${tap.bits} dev ${tap.name}`);
  ip(`link set ${tap.name} up`);
  return tap;
};
