/** A session with a BMC, from the moment that both sides have its keys. */

import { getDeviceId } from '../commands/device.ts';
import { closeSession, setSessionPrivilegeLevel } from '../commands/session.ts';
import type { Command } from '../commands/command.ts';
import type { Protection } from '../crypto/protection.ts';
import type { SuiteName } from '../crypto/suites.ts';
import { IpmiError } from '../errors.ts';
import { decodeResponse, encodeRequest } from '../packet/message.ts';
import { payloads } from '../packet/session-header.ts';
import type { Framed } from '../packet/session-header.ts';
import type { Cancel, Random, Time } from '../time.ts';
import { establish } from './handshake.ts';
import type { Established } from './handshake.ts';
import type { Line } from './lines.ts';
import { Requests } from './requests.ts';
import { SequenceWindow } from './sequence-window.ts';
import { privileges } from './settings.ts';
import type { Privilege, Settings, WorkAround } from './settings.ts';

export interface Surroundings {
  readonly time: Time;
  readonly random: Random;
}

interface SendOptions {
  readonly signal?: AbortSignal;
}

/** What has to be said with a command: nothing where it takes no request. */
type Given<Q> = void extends Q
  ? [request?: Q, options?: SendOptions]
  : [request: Q, options?: SendOptions];

export class Session {
  /** What protects it. */
  readonly suite: SuiteName;
  readonly privilege: Privilege;
  /** Of the BMC: 32 hexadecimal digits of the bytes as they come. */
  readonly guid: string;
  /** The id that the BMC gave the session. */
  readonly id: number;
  /** The id by which the BMC addresses us. */
  readonly consoleId: number;
  readonly workArounds: ReadonlySet<WorkAround>;
  /** Where the BMC answers. */
  readonly port: number;
  /** Resolves when the session is over, with the reason: `closed` or `lost`. Never rejects. */
  readonly ended: Promise<IpmiError>;
  readonly time: Time;
  readonly random: Random;
  readonly #line: Line;
  readonly #protection: Protection;
  readonly #settings: Settings;
  readonly #requests: Requests;
  readonly #window = new SequenceWindow();
  #sequence = 0;
  #heard: number;
  #cancel: Cancel = () => undefined;
  #over: IpmiError | null = null;
  #tellEnd: (reason: IpmiError) => void = () => undefined;
  #solReceiver: ((payload: Buffer) => void) | null = null;
  #isProbing = false;

  constructor(
    line: Line,
    { suite, protection, bmc, guid }: Established,
    settings: Settings,
    { time, random }: Surroundings,
  ) {
    this.suite = suite.name;
    this.privilege = settings.privilege;
    this.guid = guid;
    this.id = bmc;
    this.consoleId = line.id;
    this.workArounds = settings.workArounds;
    this.port = settings.port;
    this.time = time;
    this.random = random;
    this.#line = line;
    this.#protection = protection;
    this.#settings = settings;
    this.#heard = time.monotonic();
    this.ended = new Promise((resolve) => (this.#tellEnd = resolve));
    const { patience, orderPatienceMs, queueMax } = settings;
    this.#requests = new Requests(
      {
        send: (message, failed) => this.#transmit(payloads.message, message, failed),
        silent: () => void this.#probe(),
      },
      { time, random, patience, orderPatienceMs, queueMax },
    );
    line.listen((arrival) => {
      if (arrival.kind === 'framed') this.#arrived(arrival);
    });
    this.#watch();
  }

  /**
   * Gives a command, when its turn comes. A repeatable one is sent until it is answered and rejects
   * with `no-answer`; an order is sent once and rejects with `outcome-unknown`. Both reject with
   * what the BMC refuses. When the signal is aborted nobody waits for the answer any more.
   */
  send<Q, A>(command: Command<Q, A>, ...[request, options]: Given<Q>): Promise<A> {
    return this.#requests.ask(command, request as Q, { signal: options?.signal });
  }

  /** Whether it is neither closed nor known to be lost. */
  get isOpen(): boolean {
    return this.#over === null;
  }

  /** Resolves when the BMC has answered, or has been silent; never rejects. */
  async close(): Promise<void> {
    if (this.#over !== null) return;
    this.#cancel();
    this.#cancel = () => undefined;
    this.#requests.end(new IpmiError('closed', 'the session was closed'));
    const requests = new Requests(
      {
        send: (message, failed) => this.#transmit(payloads.message, message, failed),
        silent: () => undefined,
      },
      { ...this.#settings, time: this.time, random: this.random },
    );
    const over = new IpmiError('closed', 'the session was closed');
    this.#over = over;
    this.#line.listen((arrival) => {
      const message = arrival.kind === 'framed' ? this.#messageOf(arrival) : undefined;
      if (message !== undefined) requests.arrived(decodeResponse(message));
    });
    await requests.ask(closeSession, this.id).catch(() => undefined);
    this.#line.close();
    this.#tellEnd(over);
  }

  /** @internal The console of this session; gives back how to let go of it. */
  attachSol(receive: (payload: Buffer) => void): () => void {
    if (this.#solReceiver !== null)
      throw new IpmiError('limit', 'the session has a console already');
    this.#solReceiver = receive;
    return () => {
      if (this.#solReceiver === receive) this.#solReceiver = null;
    };
  }

  /** @internal */
  sendSol(payload: Buffer): void {
    if (this.isOpen) this.#transmit(payloads.sol, payload, () => undefined);
  }

  #transmit(payload: number, data: Buffer, failed: (error: Error) => void): void {
    this.#sequence++;
    this.#line.send(this.#protection.seal(payload, this.id, this.#sequence, data), failed);
  }

  #arrived(framed: Framed): void {
    const payload = this.#opened(framed);
    if (payload === undefined) return;
    this.#heard = this.time.monotonic();
    if (framed.head.payload === payloads.message) this.#requests.arrived(decodeResponse(payload));
    else if (framed.head.payload === payloads.sol) this.#solReceiver?.(payload);
  }

  #messageOf(framed: Framed): Buffer | undefined {
    return framed.head.payload === payloads.message ? this.#opened(framed) : undefined;
  }

  /** The payload of what is of this session, intact, and new. */
  #opened(framed: Framed): Buffer | undefined {
    if (framed.head.session !== this.#line.id || framed.stated !== framed.payload.length)
      return undefined;
    const payload = this.#protection.open(framed);
    if (payload === undefined || !this.#window.admit(framed.head.sequence)) return undefined;
    return payload;
  }

  /** Keeps the session alive: BMCs end what is silent for 60 s, IPMI 2.0 §6.12.15; some sooner. */
  #watch(): void {
    const { keepAliveMs } = this.#settings;
    if (keepAliveMs === 0) return;
    const due = Math.max(0, this.#heard + keepAliveMs - this.time.monotonic());
    this.#cancel = this.time.after(due, () => {
      const isDue = this.time.monotonic() - this.#heard >= keepAliveMs;
      const again = (): void => {
        if (this.isOpen) this.#watch();
      };
      if (isDue && this.#requests.isIdle) void this.#probe().then(again);
      else if (isDue) this.#cancel = this.time.after(keepAliveMs, again);
      else again();
    });
  }

  /** Whether the BMC still knows the session; if it stays silent, the session is lost. */
  async #probe(): Promise<void> {
    if (this.#isProbing || !this.isOpen) return;
    this.#isProbing = true;
    try {
      await this.#requests.ask(getDeviceId, undefined, { first: true });
    } catch (error) {
      const { reason } = error as IpmiError;
      if (reason === 'no-answer' || reason === 'network') this.#lose();
    } finally {
      this.#isProbing = false;
    }
  }

  #lose(): void {
    if (this.#over !== null) return;
    const over = new IpmiError('lost', 'the BMC does not answer in this session any more');
    this.#cancel();
    this.#requests.end(over);
    // It may only be this way that is cut: the BMC should not keep the session for nobody.
    const { netFn, code } = closeSession;
    const data = closeSession.encode(this.id);
    const message = encodeRequest({ netFn, lun: 0, code, sequence: 0, data });
    this.#transmit(payloads.message, message, () => undefined);
    this.#over = over;
    this.#line.close();
    this.#tellEnd(over);
  }
}

/** Sets a session up on a line, which is closed if that fails. */
export const openSession = async (
  line: Line,
  settings: Settings,
  surroundings: Surroundings,
): Promise<Session> => {
  let session: Session | undefined;
  try {
    const waiting = { ...surroundings, patience: settings.patience };
    const established = await establish(line, settings, waiting);
    session = new Session(line, established, settings, surroundings);
    await raise(session);
    return session;
  } catch (error) {
    await session?.close();
    line.close();
    throw error;
  }
};

/** A session begins with the privilege `user`, IPMI 2.0 §22.18. */
const raise = async (session: Session): Promise<void> => {
  const wanted = privileges[session.privilege];
  if (wanted <= privileges.user) return;
  const got = await session.send(setSessionPrivilegeLevel, session.privilege);
  if (got < wanted) throw new IpmiError('privilege', 'the BMC grants less than was asked for');
};
