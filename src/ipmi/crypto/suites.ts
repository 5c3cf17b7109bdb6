/** Cipher suites: IPMI 2.0 §22.15.2 with its table 22-20, and the SHA-256 suites of errata 4. */

import { IpmiError } from '../errors.ts';
import type { Algorithms } from '../packet/open-session.ts';

/**
 * By what protects the session. The last three let others listen, change packets, or in without a
 * password; they are used only where they are named.
 */
export type SuiteName =
  'sha256-aes' | 'sha1-aes' | 'sha1-unencrypted' | 'sha1-unprotected' | 'unauthenticated';

export interface Suite {
  /** The number in the specification and of `ipmitool -C`. */
  readonly id: number;
  readonly name: SuiteName;
  readonly algorithms: Algorithms;
  readonly hash: 'sha1' | 'sha256' | null;
  /** Bytes of the codes in RAKP 2 and 3. */
  readonly exchangeCode: number;
  /** Bytes of the code in RAKP 4. */
  readonly checkValue: number;
  /** Bytes of the code at the end of each packet; 0 for none. */
  readonly integrityCode: number;
  readonly encrypts: boolean;
}

const sha1 = { hash: 'sha1', exchangeCode: 20, checkValue: 12 } as const;

export const suites: Readonly<Record<SuiteName, Suite>> = {
  'sha256-aes': {
    id: 17,
    name: 'sha256-aes',
    algorithms: { authentication: 3, integrity: 4, confidentiality: 1 },
    hash: 'sha256',
    exchangeCode: 32,
    checkValue: 16,
    integrityCode: 16,
    encrypts: true,
  },
  'sha1-aes': {
    id: 3,
    name: 'sha1-aes',
    algorithms: { authentication: 1, integrity: 1, confidentiality: 1 },
    ...sha1,
    integrityCode: 12,
    encrypts: true,
  },
  'sha1-unencrypted': {
    id: 2,
    name: 'sha1-unencrypted',
    algorithms: { authentication: 1, integrity: 1, confidentiality: 0 },
    ...sha1,
    integrityCode: 12,
    encrypts: false,
  },
  'sha1-unprotected': {
    id: 1,
    name: 'sha1-unprotected',
    algorithms: { authentication: 1, integrity: 0, confidentiality: 0 },
    ...sha1,
    integrityCode: 0,
    encrypts: false,
  },
  unauthenticated: {
    id: 0,
    name: 'unauthenticated',
    algorithms: { authentication: 0, integrity: 0, confidentiality: 0 },
    hash: null,
    exchangeCode: 0,
    checkValue: 0,
    integrityCode: 0,
    encrypts: false,
  },
};

/** What is offered unless other suites are named: the better one first. */
export const usualSuites: readonly SuiteName[] = ['sha256-aes', 'sha1-aes'];

/** The name of a suite by its number; 0, 1 and 2 are refused, for they have to be named. */
export const suiteById = (id: number): SuiteName => {
  const suite = Object.values(suites).find((one) => one.id === id);
  if (suite === undefined)
    throw new IpmiError('settings', `cipher suite ${id} is not supported; 17 and 3 are`);
  if (!usualSuites.includes(suite.name))
    throw new IpmiError(
      'settings',
      `cipher suite ${id} is not safe; ask for it by its name, "${suite.name}"`,
    );
  return suite.name;
};
