/** A way to a BMC that loses, doubles, delays, corrupts and forges packets, by a seed. */

import { createSocket } from 'node:dgram';
import type { RemoteInfo } from 'node:dgram';
import type { Test } from 'tap';

/** Probabilities of what happens to a packet, each way. */
export interface Faults {
  readonly lost?: number;
  readonly doubled?: number;
  /** Comes after others that were sent later. */
  readonly late?: number;
  readonly corrupted?: number;
  /** Something else comes as well, from the same address. */
  readonly forged?: number;
}

export interface BadNetwork {
  readonly port: number;
  /** Lets everything pass from now on. */
  heal(): void;
}

/** A generator of numbers below 1, which a seed determines. */
export const dice = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const lateMs = 30;

export const startBadNetwork = async (
  t: Test,
  bmcPort: number,
  faults: Faults,
  seed: number,
): Promise<BadNetwork> => {
  const roll = dice(seed);
  const inside = createSocket('udp4');
  const outside = createSocket('udp4');
  let console: RemoteInfo | null = null;
  let [isOpen, isHealthy] = [true, false];
  const happens = (probability = 0): boolean => !isHealthy && roll() < probability;
  const garbled = (bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes);
    copy[Math.floor(roll() * copy.length)]! ^= 1 << Math.floor(roll() * 8);
    return copy;
  };
  const forgery = (bytes: Buffer): Buffer => {
    if (roll() < 0.3) return bytes.subarray(0, Math.floor(roll() * bytes.length));
    if (roll() < 0.5) return Buffer.from(Array.from(bytes, () => Math.floor(roll() * 256)));
    return Buffer.from(bytes.map((byte, at) => (at < 16 ? byte : Math.floor(roll() * 256))));
  };
  const pass = (bytes: Buffer, send: (bytes: Buffer) => void): void => {
    const leave = (packet: Buffer): void => {
      const go = (): void => {
        if (isOpen) send(packet);
      };
      if (happens(faults.late)) setTimeout(go, lateMs * roll());
      else go();
    };
    if (happens(faults.forged)) leave(forgery(bytes));
    if (!happens(faults.lost)) leave(happens(faults.corrupted) ? garbled(bytes) : bytes);
    if (happens(faults.doubled)) leave(bytes);
  };
  outside.on('message', (bytes, from) => {
    console = from;
    pass(bytes, (packet) => inside.send(packet, bmcPort, '127.0.0.1'));
  });
  inside.on('message', (bytes) => {
    const to = console;
    if (to !== null) pass(bytes, (packet) => outside.send(packet, to.port, to.address));
  });
  await new Promise<void>((resolve) => outside.bind(0, '127.0.0.1', resolve));
  t.teardown(() => {
    isOpen = false;
    inside.close();
    outside.close();
  });
  return {
    port: outside.address().port,
    heal() {
      isHealthy = true;
    },
  };
};
