/** From nothing to the keys of a session: IPMI 2.0 §13.15. */

import { getChannelAuthenticationCapabilities } from '../commands/session.ts';
import type { AuthenticationCapabilities } from '../commands/session.ts';
import { refusalOf } from '../commands/command.ts';
import { keysOf, rakp2Code, rakp3Code, rakp4Code, sameCode } from '../crypto/key-exchange.ts';
import type { Exchange } from '../crypto/key-exchange.ts';
import { Protection } from '../crypto/protection.ts';
import type { Suite } from '../crypto/suites.ts';
import { IpmiError } from '../errors.ts';
import { decodeResponse, encodeRequest } from '../packet/message.ts';
import { Octets } from '../packet/octets.ts';
import { decodeOpenSessionResponse, encodeOpenSessionRequest } from '../packet/open-session.ts';
import { decodeRakp2, decodeRakp4, encodeRakp1, encodeRakp3 } from '../packet/rakp.ts';
import { encodeSessionless, encodeSetup, payloads } from '../packet/session-header.ts';
import { ask, Doubt } from './ask.ts';
import type { Waiting } from './ask.ts';
import type { Arrival, Line } from './lines.ts';
import { privileges } from './settings.ts';
import type { Privilege, Settings } from './settings.ts';
import { isOfferRefused, statusError } from './status.ts';

export interface Established {
  readonly suite: Suite;
  readonly protection: Protection;
  /** The id that the BMC chose. */
  readonly bmc: number;
  /** Of the BMC, 32 hexadecimal digits. */
  readonly guid: string;
}

/** Looked up by name only, IPMI 2.0 table 13-11. */
const nameOnly = 0x10;
const randomBytes = 16;
/** The status of a RAKP message that answers a wrong code. */
const invalidCode = 0x0f;

/** Asks what a BMC can, outside of any session. */
export const askCapabilities = (
  line: Line,
  privilege: Privilege,
  waiting: Waiting,
): Promise<AuthenticationCapabilities> => {
  const command = getChannelAuthenticationCapabilities;
  const { netFn, code } = command;
  const sequence = waiting.random(1).readUInt8(0) & 0x3f;
  const request = { netFn, lun: 0, code, sequence, data: command.encode(privilege) };
  const accept = (arrival: Arrival): AuthenticationCapabilities | undefined => {
    if (arrival.kind !== 'sessionless') return undefined;
    const response = decodeResponse(arrival.message);
    if (response.sequence !== sequence || response.code !== code) return undefined;
    if (response.completion !== 0) throw refusalOf(command, response.completion);
    return command.decode(new Octets(response.data, command.name));
  };
  return ask(line, encodeSessionless(encodeRequest(request)), accept, waiting);
};

/** An exchange that ended without a session after the BMC had shown that it knows the password. */
class BrokenOff extends IpmiError {
  /** How often it is worth to begin anew. */
  readonly again: number;

  constructor({ reason, message, status }: IpmiError) {
    super(reason, message, status === undefined ? {} : { status });
    this.again = reason === 'no-answer' ? 2 : 1;
  }
}

class Handshake {
  readonly #line: Line;
  readonly #settings: Settings;
  readonly #waiting: Waiting;
  #tag: number;

  constructor(line: Line, settings: Settings, waiting: Waiting) {
    this.#line = line;
    this.#settings = settings;
    this.#waiting = waiting;
    this.#tag = waiting.random(1).readUInt8(0);
  }

  /**
   * An exchange that breaks off after the session was opened is begun anew, twice at most: there are
   * BMCs that answer no RAKP 3 a second time. The second time that a code is wrong, it is.
   */
  async withSuite(suite: Suite): Promise<Established> {
    for (let begun = 1; ; begun++) {
      const bmc = await this.#open(suite);
      try {
        return await this.#exchange(suite, bmc);
      } catch (error) {
        this.#giveUp(bmc);
        if (!(error instanceof BrokenOff) || begun > error.again) throw error;
      }
    }
  }

  async #exchange(suite: Suite, bmc: number): Promise<Established> {
    const exchange = await this.#prove(suite, bmc);
    const keys = keysOf(exchange);
    await this.#confirm(exchange, rakp4Code(exchange, keys));
    const pads = this.#settings.workArounds.has('integrity-pads');
    const protection = new Protection(suite, keys, this.#waiting.random, { pads });
    return { suite, protection, bmc, guid: exchange.guid.toString('hex') };
  }

  /** The id that the BMC chose. */
  async #open(suite: Suite): Promise<number> {
    const { algorithms } = suite;
    const privilege = privileges[this.#settings.privilege];
    const tag = this.#nextTag();
    const request = { tag, privilege, console: this.#line.id, algorithms };
    const bytes = encodeOpenSessionRequest(request);
    const sent = payloads.openSessionRequest;
    const opened = await this.#ask(sent, bytes, payloads.openSessionResponse, (payload) => {
      const response = decodeOpenSessionResponse(payload);
      if (response.tag !== tag) return undefined;
      if (response.opened === undefined) throw statusError('open', response.status);
      return response.opened;
    });
    const isAsOffered =
      opened.algorithms.authentication === algorithms.authentication &&
      opened.algorithms.integrity === algorithms.integrity &&
      opened.algorithms.confidentiality === algorithms.confidentiality;
    if (!isAsOffered)
      throw new IpmiError('unsupported-suite', 'the BMC chose other algorithms than were offered');
    const mayBeZero = this.#settings.workArounds.has('open-session-privilege');
    if (opened.privilege < privilege && !(mayBeZero && opened.privilege === 0))
      throw new IpmiError(
        'privilege',
        opened.privilege === 0
          ? 'the BMC grants privilege 0; if it is known for that, use "open-session-privilege"'
          : 'the BMC grants less than was asked for',
      );
    return opened.bmc;
  }

  /** RAKP 1 and 2: the BMC shows that it knows the password. */
  async #prove(suite: Suite, bmc: number): Promise<Exchange> {
    const { user, password, kg, byNameOnly, privilege, workArounds } = this.#settings;
    const consoleRandom = this.#waiting.random(randomBytes);
    const role = privileges[privilege] | (byNameOnly ? nameOnly : 0);
    const tag = this.#nextTag();
    const bytes = encodeRakp1({ tag, bmc, random: consoleRandom, role, user });
    const accept = (payload: Buffer): Exchange | Doubt | undefined => {
      const message = decodeRakp2(payload, suite.exchangeCode);
      if (message.tag !== tag) return undefined;
      if (message.code === undefined) throw statusError('rakp2', message.status);
      const exchange: Exchange = {
        ...{ suite, console: this.#line.id, bmc, consoleRandom, user, password, kg },
        // Kept longer than the packet that they come in.
        bmcRandom: Buffer.from(message.random),
        guid: Buffer.from(message.guid),
        role: workArounds.has('role-without-lookup') ? role & ~nameOnly : role,
      };
      if (sameCode(rakp2Code(exchange), message.code)) return exchange;
      return new Doubt(
        new IpmiError('wrong-password', 'the BMC has another password for this user'),
      );
    };
    return this.#ask(payloads.rakp1, bytes, payloads.rakp2, accept);
  }

  /** RAKP 3 and 4: the console shows it too, and the BMC that it has the same keys. */
  async #confirm(exchange: Exchange, expected: Buffer): Promise<void> {
    const { suite, bmc } = exchange;
    const tag = this.#nextTag();
    const bytes = encodeRakp3({ tag, status: 0, bmc, code: rakp3Code(exchange) });
    const accept = (payload: Buffer): true | undefined => {
      const message = decodeRakp4(payload, suite.checkValue);
      if (message.tag !== tag) return undefined;
      if (message.code === undefined) throw statusError('rakp4', message.status);
      if (this.#settings.workArounds.has('unchecked-rakp4')) return true;
      if (sameCode(expected, message.code)) return true;
      throw new IpmiError('wrong-password', 'the BMC has another Kg key');
    };
    try {
      const attempts = Math.min(2, this.#waiting.patience.attempts);
      await this.#ask(payloads.rakp3, bytes, payloads.rakp4, accept, attempts);
    } catch (error) {
      throw error instanceof IpmiError ? new BrokenOff(error) : error;
    }
  }

  /** Lets the BMC have its session back, without waiting for it. */
  #giveUp(bmc: number): void {
    const refusal = { tag: this.#nextTag(), status: invalidCode, bmc, code: Buffer.alloc(0) };
    this.#line.send(encodeSetup(payloads.rakp3, encodeRakp3(refusal)), () => undefined);
  }

  #ask<T>(
    payload: number,
    bytes: Buffer,
    answer: number,
    accept: (payload: Buffer) => T | Doubt | undefined,
    attempts = this.#waiting.patience.attempts,
  ): Promise<T> {
    const mayBeShort = this.#settings.workArounds.has('payload-size');
    const accepted = (arrival: Arrival): T | Doubt | undefined => {
      if (arrival.kind !== 'framed' || arrival.head.payload !== answer) return undefined;
      if (arrival.stated !== arrival.payload.length && !mayBeShort) return undefined;
      return accept(arrival.payload);
    };
    const patience = { ...this.#waiting.patience, attempts };
    return ask(this.#line, encodeSetup(payload, bytes), accepted, { ...this.#waiting, patience });
  }

  #nextTag(): number {
    this.#tag = (this.#tag + 1) & 0xff;
    return this.#tag;
  }
}

/** Rejects with a reason; none of its messages holds a secret. */
export const establish = async (
  line: Line,
  settings: Settings,
  waiting: Waiting,
): Promise<Established> => {
  if (!settings.workArounds.has('no-capabilities')) {
    const { version20 } = await askCapabilities(line, settings.privilege, waiting);
    if (!version20)
      throw new IpmiError('unsupported-suite', 'the BMC does not open sessions of IPMI 2.0');
  }
  const handshake = new Handshake(line, settings, waiting);
  let refusal: unknown;
  for (const suite of settings.suites) {
    try {
      return await handshake.withSuite(suite);
    } catch (error) {
      if (!isOfferRefused(error)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
};
