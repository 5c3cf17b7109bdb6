/** Commands about sessions themselves. */

import { u32 } from '../packet/octets.ts';
import { privileges } from '../session/settings.ts';
import type { Privilege } from '../session/settings.ts';
import { netFns } from './command.ts';
import type { Command } from './command.ts';

/** What a BMC says of itself before anybody has proven who he is. */
export interface AuthenticationCapabilities {
  readonly channel: number;
  /** Whether it opens sessions of IPMI 2.0. */
  readonly version20: boolean;
  /** Whether it has a Kg key. */
  readonly hasKg: boolean;
  /** Whether users with a name, users without a name but with a password, and no password will do. */
  readonly namedUsers: boolean;
  readonly unnamedUsers: boolean;
  readonly anonymous: boolean;
}

/** The channel that the request comes by. */
const thisChannel = 0x0e;

/** IPMI 2.0 §22.13. The only command that is given outside of a session. */
export const getChannelAuthenticationCapabilities: Command<Privilege, AuthenticationCapabilities> =
  {
    name: 'Get Channel Authentication Capabilities',
    netFn: netFns.app,
    code: 0x38,
    repeatable: true,
    encode: (privilege) => Buffer.of(0x80 | thisChannel, privileges[privilege]),
    decode(data) {
      const channel = data.u8() & 0x0f;
      const isExtended = (data.u8() & 0x80) !== 0;
      const status = data.u8();
      const extended = data.u8();
      return {
        channel,
        version20: isExtended && (extended & 0x02) !== 0,
        hasKg: (status & 0x20) !== 0,
        namedUsers: (status & 0x04) !== 0,
        unnamedUsers: (status & 0x02) !== 0,
        anonymous: (status & 0x01) !== 0,
      };
    },
  };

/** IPMI 2.0 §22.18. Gives the level that the session then has, as its number. */
export const setSessionPrivilegeLevel: Command<Privilege, number> = {
  name: 'Set Session Privilege Level',
  netFn: netFns.app,
  code: 0x3b,
  repeatable: true,
  encode: (privilege) => Buffer.of(privileges[privilege]),
  decode: (data) => data.u8() & 0x0f,
  refusals: {
    0x80: ['privilege', 'the user may not do so much'],
    0x81: ['privilege', 'this channel does not let anybody do so much'],
    0x82: ['privilege', 'authentication at user level cannot be disabled'],
  },
};

/** IPMI 2.0 §22.19. Takes the id that the BMC chose. */
export const closeSession: Command<number, void> = {
  name: 'Close Session',
  netFn: netFns.app,
  code: 0x3c,
  repeatable: true,
  encode: (session) => u32(session),
  decode: () => undefined,
};
