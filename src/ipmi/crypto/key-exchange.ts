/**
 * The codes of RAKP and the keys that come of it: IPMI 2.0 §13.31, §13.32. Both sides compute the
 * same, each from what it has sent and got.
 */

import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { u32 } from '../packet/octets.ts';
import type { Suite } from './suites.ts';

/** Longest password and Kg key, bytes: IPMI 2.0 §22.30, §22.25. */
export const secretMax = 20;

export interface Exchange {
  readonly suite: Suite;
  /** Session ids. */
  readonly console: number;
  readonly bmc: number;
  /** 16 bytes each. */
  readonly consoleRandom: Buffer;
  readonly bmcRandom: Buffer;
  readonly guid: Buffer;
  readonly role: number;
  readonly user: Buffer;
  readonly password: Buffer;
  /** The BMC's own key, where it has one; else the password takes its place. */
  readonly kg: Buffer | null;
}

/** A code; empty where the suite has none. */
const codeOf = ({ hash }: Suite, key: Uint8Array, ...parts: Uint8Array[]): Buffer => {
  if (hash === null) return Buffer.alloc(0);
  const hmac = createHmac(hash, createSecretKey(key));
  for (const part of parts) hmac.update(part);
  return hmac.digest();
};

/** Role, length of the name, and name, as they stand in RAKP 1. */
const whoOf = ({ role, user }: Exchange): Buffer =>
  Buffer.concat([Buffer.from([role, user.length]), user]);

/** The code of RAKP 2, by which the BMC shows that it knows the password. */
export const rakp2Code = (exchange: Exchange): Buffer =>
  codeOf(
    exchange.suite,
    exchange.password,
    u32(exchange.console),
    u32(exchange.bmc),
    exchange.consoleRandom,
    exchange.bmcRandom,
    exchange.guid,
    whoOf(exchange),
  );

/** The code of RAKP 3, by which the console shows it. */
export const rakp3Code = (exchange: Exchange): Buffer =>
  codeOf(
    exchange.suite,
    exchange.password,
    exchange.bmcRandom,
    u32(exchange.console),
    whoOf(exchange),
  );

export interface Keys {
  /** The session integrity key. */
  readonly sik: Buffer;
  /** For the integrity codes. */
  readonly k1: Buffer;
  /** For encryption: its first 16 bytes. */
  readonly k2: Buffer;
}

/** The constants of §13.32 are 20 bytes for every hash; so do ipmitool and OpenBMC. */
const constant = (value: number): Buffer => Buffer.alloc(20, value);

export const keysOf = (exchange: Exchange): Keys => {
  const { suite } = exchange;
  const key = exchange.kg ?? exchange.password;
  const sik = codeOf(suite, key, exchange.consoleRandom, exchange.bmcRandom, whoOf(exchange));
  return { sik, k1: codeOf(suite, sik, constant(1)), k2: codeOf(suite, sik, constant(2)) };
};

/** The integrity check value of RAKP 4, by which the BMC shows that it has the same keys. */
export const rakp4Code = (exchange: Exchange, { sik }: Keys): Buffer => {
  const { suite, consoleRandom, bmc, guid } = exchange;
  return codeOf(suite, sik, consoleRandom, u32(bmc), guid).subarray(0, suite.checkValue);
};

/** Compares codes in a time that does not tell where they differ. */
export const sameCode = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && timingSafeEqual(one, other);
