/** Consoles, as commands: IPMI 2.0 §24. */

import { u16 } from '../packet/octets.ts';
import { payloads } from '../packet/session-header.ts';
import { netFns } from './command.ts';
import type { Command } from './command.ts';

export interface ActivateSol {
  readonly instance: number;
  readonly encrypted: boolean;
  readonly authenticated: boolean;
}

export interface SolPlace {
  /** Longest payload that the BMC takes, and that it sends; header included, bytes. */
  readonly toBmc: number;
  readonly toConsole: number;
  /** UDP port. */
  readonly port: number;
}

/** Alerts of the serial port wait while the console is active, IPMI 2.0 table 24-2. */
const alertsDeferred = 0x04;

/** IPMI 2.0 §24.1. A second one is told that the console is taken, maybe by the first. */
export const activateSol: Command<ActivateSol, SolPlace> = {
  name: 'Activate Payload',
  netFn: netFns.app,
  code: 0x48,
  repeatable: true,
  encode: ({ instance, encrypted, authenticated }) =>
    Buffer.of(
      payloads.sol,
      instance,
      (encrypted ? 0x80 : 0) | (authenticated ? 0x40 : 0) | alertsDeferred,
      ...[0, 0, 0],
    ),
  decode(data) {
    data.take(4);
    return { toBmc: data.u16(), toConsole: data.u16(), port: data.u16() };
  },
  refusals: {
    0x80: ['taken', 'another session has the console'],
    0x81: ['refused', 'consoles are disabled'],
    0x82: ['no-session-left', 'there are as many consoles as the BMC can have'],
    0x83: ['refused', 'the console cannot be encrypted'],
    0x84: ['refused', 'the console has to be encrypted'],
  },
};

/** For the BMC side of a trial. */
export const encodeSolPlace = ({ toBmc, toConsole, port }: SolPlace): Buffer =>
  Buffer.concat([Buffer.alloc(4), u16(toBmc), u16(toConsole), u16(port), u16(0xffff)]);

/** IPMI 2.0 §24.2. An order: a second one could take the console from whoever has got it since. */
export const deactivateSol: Command<number, void> = {
  name: 'Deactivate Payload',
  netFn: netFns.app,
  code: 0x49,
  repeatable: false,
  encode: (instance) => Buffer.of(payloads.sol, instance, 0, 0, 0, 0),
  decode: () => undefined,
  refusals: {
    0x80: ['deactivated', 'the console was not active'],
    0x81: ['refused', 'consoles are disabled'],
  },
};

/** IPMI 2.0 §24.4. Gives which instances (1 to 16) are active. */
export const getSolActivation: Command<void, { readonly active: readonly number[] }> = {
  name: 'Get Payload Activation Status',
  netFn: netFns.app,
  code: 0x4a,
  repeatable: true,
  encode: () => Buffer.of(payloads.sol),
  decode(data) {
    data.u8();
    const mask = data.u16();
    const instances = Array.from({ length: 16 }, (_, index) => index + 1);
    return { active: instances.filter((instance) => ((mask >> (instance - 1)) & 1) === 1) };
  },
};

/** IPMI 2.0 §24.5. Gives the id of the session that has an instance; 0 for none. */
export const getSolOwner: Command<number, number> = {
  name: 'Get Payload Instance Info',
  netFn: netFns.app,
  code: 0x4b,
  repeatable: true,
  encode: (instance) => Buffer.of(payloads.sol, instance),
  decode: (data) => data.u32(),
};
