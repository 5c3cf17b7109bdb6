/** The serial console of a machine: IPMI 2.0 §15 and §24. */

import { activateSol, deactivateSol, getSolActivation, getSolOwner } from '../commands/payload.ts';
import type { SolPlace } from '../commands/payload.ts';
import { suites } from '../crypto/suites.ts';
import { IpmiError } from '../errors.ts';
import { decodeSolToConsole, encodeSolToBmc } from '../packet/sol.ts';
import type { SolToConsole } from '../packet/sol.ts';
import type { Session } from '../session/session.ts';
import type { Cancel } from '../time.ts';
import { lastSequence, Outgoing } from './outgoing.ts';

export interface ConsoleOptions {
  /** What the machine writes, as it comes. */
  readonly data: (bytes: Buffer) => void;
  /** Characters were lost at this place: between the machine and the BMC, or on the way from there. */
  readonly gap?: () => void;
  /** 1 to 16; 1 unless said. */
  readonly instance?: number;
  /** How often to ask whether the console is still ours, ms: 5,000 unless said; 0 for never. */
  readonly keepAliveMs?: number;
  /** Characters that may wait to be sent: 65,536 unless said. */
  readonly queueMax?: number;
}

export interface SerialConsole {
  /** Resolves when the BMC has taken all of it. Rejects with `limit`, or why the console ended. */
  write(bytes: Uint8Array): Promise<void>;
  /** Sends a serial break. */
  sendBreak(): Promise<void>;
  /**
   * Resolves when the console is over: `closed` by us, `taken` by another session, `deactivated` by
   * the BMC or somebody, `no-answer`, or `lost` with its session. Never rejects.
   */
  readonly ended: Promise<IpmiError>;
  /** Gives the console back; the session stays. Never rejects. */
  close(): Promise<void>;
}

const headerBytes = 4;
/** What every BMC takes; the least that the specification has. */
const leastPayload = 36;
const mostPayload = 4 + 255;
const usualPort = 623;

/** Longest run of characters that may be sent at once. */
const packetMax = ({ toBmc }: SolPlace, session: Session): number => {
  if (toBmc > headerBytes && toBmc <= 2048) return Math.min(toBmc, mostPayload) - headerBytes;
  if (session.workArounds.has('sol-payload-size')) return leastPayload - headerBytes;
  throw new IpmiError(
    'malformed',
    'the BMC names an impossible size of packets; if it is known for that, use "sol-payload-size"',
  );
};

const checkPort = ({ port }: SolPlace, session: Session): void => {
  // A BMC does not know by which port of a gateway it is reached.
  if (port === session.port || port === usualPort || session.workArounds.has('sol-port')) return;
  throw new IpmiError(
    'refused',
    `the BMC has its consoles at port ${port}; if it is known for naming a wrong one, use "sol-port"`,
  );
};

class Sol implements SerialConsole {
  readonly ended: Promise<IpmiError>;
  readonly #session: Session;
  readonly #options: ConsoleOptions;
  readonly #instance: number;
  readonly #outgoing: Outgoing;
  readonly #detach: () => void;
  #received = 0;
  #accepted = 0;
  #cancel: Cancel = () => undefined;
  #over: IpmiError | null = null;
  #tellEnd: (reason: IpmiError) => void = () => undefined;

  constructor(session: Session, place: SolPlace, options: ConsoleOptions, instance: number) {
    this.#session = session;
    this.#options = options;
    this.#instance = instance;
    this.ended = new Promise((resolve) => (this.#tellEnd = resolve));
    this.#outgoing = new Outgoing({
      time: session.time,
      random: session.random,
      packetMax: packetMax(place, session),
      queueMax: options.queueMax ?? 65_536,
      send: (packet) => session.sendSol(encodeSolToBmc(packet)),
      silent: () =>
        this.#end(new IpmiError('no-answer', 'the BMC does not take what is typed any more')),
    });
    this.#detach = session.attachSol((payload) => this.#arrived(decodeSolToConsole(payload)));
    void session.ended.then((reason) => this.#end(reason));
    this.#watch();
  }

  write(bytes: Uint8Array): Promise<void> {
    // Copied, for whoever writes may use his buffer again.
    return bytes.length === 0 ? Promise.resolve() : this.#outgoing.write(Buffer.from(bytes), false);
  }

  sendBreak(): Promise<void> {
    return this.#outgoing.write(Buffer.alloc(0), true);
  }

  async close(): Promise<void> {
    if (this.#over !== null) return;
    this.#end(new IpmiError('closed', 'the console was closed'));
    await this.#session.send(deactivateSol, this.#instance).catch(() => undefined);
  }

  #arrived(packet: SolToConsole): void {
    if (this.#over !== null) return;
    if (packet.acknowledged !== 0) this.#outgoing.acknowledged(packet);
    if (packet.sequence !== 0) this.#take(packet);
    if (packet.overrun) this.#options.gap?.();
    if (packet.deactivated)
      this.#end(new IpmiError('deactivated', 'the BMC has ended the console'));
  }

  #take({ sequence, data }: SolToConsole): void {
    const ahead =
      this.#received === 0 ? 1 : (sequence - this.#received + lastSequence) % lastSequence;
    // What comes late was taken long ago.
    if (ahead > lastSequence / 2) return;
    if (ahead > 1) this.#options.gap?.();
    const known = ahead === 0 ? this.#accepted : 0;
    this.#received = sequence;
    this.#accepted = Math.max(known, data.length);
    this.#acknowledge(sequence, this.#accepted);
    if (data.length > known) this.#options.data(Buffer.from(data.subarray(known)));
  }

  #acknowledge(acknowledged: number, accepted: number): void {
    const data = Buffer.alloc(0);
    const packet = { sequence: 0, acknowledged, accepted, nack: false, breaks: false, data };
    this.#session.sendSol(encodeSolToBmc(packet));
  }

  /** Nobody tells who loses a console; it has to be asked for. */
  #watch(): void {
    const every = this.#options.keepAliveMs ?? 5_000;
    if (every === 0 || this.#over !== null) return;
    this.#cancel = this.#session.time.after(every, () => {
      void ownership(this.#session, this.#instance).then((lost) => {
        if (lost === null) this.#watch();
        else this.#end(lost);
      });
    });
  }

  #end(reason: IpmiError): void {
    if (this.#over !== null) return;
    this.#over = reason;
    this.#cancel();
    this.#detach();
    this.#outgoing.end(reason);
    this.#tellEnd(reason);
  }
}

/** Why a console is not ours any more; null where it is, or where that cannot be known. */
const ownership = async (session: Session, instance: number): Promise<IpmiError | null> => {
  const deactivated = new IpmiError('deactivated', 'somebody has ended the console');
  try {
    const { active } = await session.send(getSolActivation);
    if (!active.includes(instance)) return deactivated;
    const owner = await session.send(getSolOwner, instance);
    if (owner === 0) return deactivated;
    if (owner === session.id || owner === session.consoleId) return null;
    return new IpmiError('taken', 'another session has taken the console');
  } catch {
    // A BMC that is away ends the session; one that cannot say leaves it at that.
    return null;
  }
};

/** Whether the BMC says that the console is this session's. */
const isOurs = async (session: Session, instance: number): Promise<boolean> => {
  try {
    const owner = await session.send(getSolOwner, instance);
    return owner === session.id || owner === session.consoleId;
  } catch {
    return false;
  }
};

const activate = async (session: Session, instance: number): Promise<SolPlace> => {
  const { encrypts, integrityCode } = suites[session.suite];
  try {
    const request = { instance, encrypted: encrypts, authenticated: integrityCode > 0 };
    return await session.send(activateSol, request);
  } catch (error) {
    // It may be taken by ourselves: by an activation whose answer was lost.
    const isTaken = error instanceof IpmiError && error.reason === 'taken';
    if (!isTaken || !(await isOurs(session, instance))) throw error;
    return { toBmc: leastPayload, toConsole: mostPayload, port: session.port };
  }
};

/**
 * Opens the console of a session, which has one at most. Rejects with `taken` while another session
 * has it; `releaseConsole` takes it from there.
 */
export const openConsole = async (
  session: Session,
  options: ConsoleOptions,
): Promise<SerialConsole> => {
  const { instance = 1 } = options;
  const place = await activate(session, instance);
  try {
    checkPort(place, session);
    return new Sol(session, place, options, instance);
  } catch (error) {
    await session.send(deactivateSol, instance).catch(() => undefined);
    throw error;
  }
};

/** Ends the console, whosever it is. That it was not active is a success too. */
export const releaseConsole = async (session: Session, instance = 1): Promise<void> => {
  try {
    await session.send(deactivateSol, instance);
  } catch (error) {
    if (!(error instanceof IpmiError && error.reason === 'deactivated')) throw error;
  }
};
