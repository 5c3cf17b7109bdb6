/** How a session is to be set up: what somebody may say, and what is made of it. */

import { secretMax } from '../crypto/key-exchange.ts';
import { suites, usualSuites } from '../crypto/suites.ts';
import type { Suite, SuiteName } from '../crypto/suites.ts';
import { IpmiError } from '../errors.ts';
import { nameMax } from '../packet/rakp.ts';
import { usualPatience } from '../time.ts';
import type { Patience } from '../time.ts';

/** IPMI 2.0 §6.8, by their numbers. */
export const privileges = { callback: 1, user: 2, operator: 3, administrator: 4, oem: 5 } as const;
export type Privilege = keyof typeof privileges;

/**
 * What is let pass, or done, for BMCs that are known to go against the specification. In brackets
 * the names of FreeIPMI and ipmitool.
 *
 * - `open-session-privilege`: the Open Session Response grants privilege 0 (`opensesspriv`)
 * - `payload-size`: messages that set a session up are one byte shorter than they say (`supermicro20`)
 * - `integrity-pads`: integrity pads of wrong length or content
 * - `role-without-lookup`: codes are computed as if the user were looked up by name and role (`intelplus`)
 * - `unchecked-rakp4`: the check value of RAKP 4 is not compared (`integritycheckvalue`)
 * - `no-capabilities`: a session is opened without asking whether the BMC can (`authcap`)
 * - `sol-port`: the port that the BMC names for a console is not believed (`solport`)
 * - `sol-payload-size`: so is the size of packets that it names (`solpayloadsize`)
 */
export const workArounds = [
  'open-session-privilege',
  'payload-size',
  'integrity-pads',
  'role-without-lookup',
  'unchecked-rakp4',
  'no-capabilities',
  'sol-port',
  'sol-payload-size',
] as const;
export type WorkAround = (typeof workArounds)[number];

export interface SessionOptions {
  /** Name or IP address of the BMC. */
  readonly host: string;
  /** UDP port, 623 unless said. */
  readonly port?: number;
  /** At most 16 bytes; empty for the anonymous user. */
  readonly user: string;
  /** At most 20 bytes. */
  readonly password: string | Uint8Array;
  /** The BMC's own key, where it has one, at most 20 bytes. */
  readonly kg?: string | Uint8Array;
  /** What the session may do: `operator` unless said. */
  readonly privilege?: Privilege;
  /** By what the BMC looks up the password: `name` unless said. */
  readonly lookup?: 'name' | 'name-and-role';
  /** Offered one after the other; SHA-256 and then SHA-1 unless said. */
  readonly suites?: readonly SuiteName[];
  readonly workArounds?: readonly WorkAround[];
  /** For everything that may be asked again. */
  readonly patience?: Patience;
  /** How long an order, which is sent once, is waited for, ms: 20,000 unless said. */
  readonly orderPatienceMs?: number;
  /** Silence after which the session is kept alive, ms: 20,000 unless said; 0 for never. */
  readonly keepAliveMs?: number;
  /** Requests that may wait for their turn: 64 unless said. */
  readonly queueMax?: number;
}

export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly user: Buffer;
  readonly password: Buffer;
  readonly kg: Buffer | null;
  readonly privilege: Privilege;
  readonly byNameOnly: boolean;
  readonly suites: readonly Suite[];
  readonly workArounds: ReadonlySet<WorkAround>;
  readonly patience: Patience;
  readonly orderPatienceMs: number;
  readonly keepAliveMs: number;
  readonly queueMax: number;
}

const limited = (what: string, value: string | Uint8Array, max: number): Buffer => {
  const bytes = Buffer.from(value as string);
  if (bytes.length > max)
    throw new IpmiError('settings', `the ${what} is longer than ${max} bytes`);
  return bytes;
};

const known = <T>(what: string, value: T, all: readonly T[]): T => {
  if (!all.includes(value))
    throw new IpmiError('settings', `the ${what} is none of ${all.join(', ')}`);
  return value;
};

/** Throws `settings` for what cannot be. */
export const settingsOf = (options: SessionOptions): Settings => {
  const port = options.port ?? 623;
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new IpmiError('settings', 'the port is not a number from 1 to 65535');
  if (options.host === '') throw new IpmiError('settings', 'the host is empty');
  const suiteNames = options.suites ?? usualSuites;
  if (suiteNames.length === 0) throw new IpmiError('settings', 'no cipher suite is named');
  for (const name of suiteNames)
    known('cipher suite', name, Object.keys(suites) as readonly SuiteName[]);
  for (const name of options.workArounds ?? []) known('work-around', name, workArounds);
  return {
    host: options.host,
    port,
    user: limited('name of the user', options.user, nameMax),
    password: limited('password', options.password, secretMax),
    kg: options.kg === undefined ? null : limited('Kg key', options.kg, secretMax),
    privilege: known(
      'privilege',
      options.privilege ?? 'operator',
      Object.keys(privileges) as readonly Privilege[],
    ),
    byNameOnly: options.lookup !== 'name-and-role',
    suites: suiteNames.map((name) => suites[name]),
    workArounds: new Set(options.workArounds),
    patience: options.patience ?? usualPatience,
    orderPatienceMs: options.orderPatienceMs ?? 20_000,
    keepAliveMs: options.keepAliveMs ?? 20_000,
    queueMax: options.queueMax ?? 64,
  };
};
