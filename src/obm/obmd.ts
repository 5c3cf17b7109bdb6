/** The daemon: who is registered, who may use what, and the machines at work. It only composes. */

import type { HeardTerms } from '../disk/heard-terms.ts';
import type { SealedFile } from '../disk/sealed-file.ts';
import type { Ipmi } from '../ipmi/index.ts';
import type { EventLog } from '../log/log.ts';
import { ConsoleAccess } from './access/access.ts';
import type { Add } from './access/connections.ts';
import type { ObmEvent } from './catalogue/events.ts';
import { Journal } from './catalogue/journal.ts';
import type { Decision } from './catalogue/journal.ts';
import type { Obm } from './catalogue/obms.ts';
import { Consoles } from './consoles.ts';
import type { CoordinatorSettings } from './coordinator.ts';
import type { BootRequest, BootSetting, PowerOutcome } from './drivers/driver.ts';
import { checked, openDriver } from './drivers/kinds.ts';
import { LabelError } from './errors.ts';
import { Gate, hashOf } from './gate.ts';
import type { Pass } from './gate.ts';
import { Leaders } from './leaders.ts';
import type { KeptSessions } from './kept-sessions.ts';
import type { ObmLogger } from './logger.ts';
import { Machine } from './machine.ts';
import { Networks } from './network.ts';
import { newsOf } from './news.ts';
import type { Seen } from './news.ts';
import { Orders } from './orders.ts';
import type { Asker, PowerOrder } from './orders.ts';
import { PacingInForce } from './pacing.ts';
import type { Pacing } from './pacing.ts';
import { Polling } from './polling.ts';
import type { WorkState } from './polling.ts';
import { atMost } from './time.ts';
import { Rights } from './rights.ts';
import type { Random, Time } from './time.ts';

/** What drivers must keep secret, by the id of the registration. */
export type Credentials = SealedFile<Readonly<Record<string, string>>>;

export interface ObmdSettings {
  /** OBMs that may be registered. */
  readonly obmsMax: number;
  /** OBMs of one network that are spoken to at once. */
  readonly perNetwork: number;
  /** What holds whatever a station wants; for the rest, what it wants. */
  readonly pacing: Partial<Pacing>;
  /** How long a token is good, ms; null: until it is revoked. */
  readonly tokenMs: number | null;
  readonly coordinator: Partial<CoordinatorSettings>;
}

export const obmdSettings: ObmdSettings = {
  obmsMax: 20_000,
  perNetwork: 64,
  pacing: {},
  tokenMs: null,
  coordinator: {},
};

export interface ObmdParts {
  readonly log: EventLog;
  readonly credentials: Credentials;
  /** Of the stations that led. */
  readonly terms: HeardTerms;
  readonly ipmi: Ipmi;
  readonly privateDirectory: string;
  readonly sessions: KeptSessions;
  /** See `ConsolesParts.directory`. */
  readonly consoleDirectory: string | null;
  readonly time: Time;
  readonly random: Random;
  readonly logger: ObmLogger;
  readonly settings?: Partial<ObmdSettings>;
  /** See `JournalParts.lost`. */
  readonly lost: (error: Error) => void;
}

const troubledMs = 600_000;
/** How long OBMs have to take back their sessions when all ends, ms. */
const courtesyMs = 1_500;
const myself = 'obmd';

export class Obmd {
  readonly gate: Gate;
  readonly leaders: Leaders;
  readonly consoles: Consoles;
  readonly access: ConsoleAccess;
  readonly pacing: PacingInForce;
  readonly #parts: ObmdParts;
  readonly #settings: ObmdSettings;
  readonly #journal: Journal;
  readonly #networks: Networks;
  readonly #polling: Polling;
  readonly #machines = new Map<string, Machine>();
  readonly #orders: Orders;
  readonly #rights: Rights;

  private constructor(parts: ObmdParts, journal: Journal, gate: Gate, consoles: Consoles) {
    this.#parts = parts;
    this.#journal = journal;
    this.#settings = { ...obmdSettings, ...parts.settings };
    const { time, random } = parts;
    const { perNetwork } = this.#settings;
    const pacing = new PacingInForce(this.#settings.pacing, () => this.#polling.paceChanged());
    this.pacing = pacing;
    this.#networks = new Networks(time, perNetwork, () => pacing.now.perNetworkSecond);
    this.#polling = new Polling({ time, random, pacing: () => pacing.now, troubledMs });
    this.gate = gate;
    this.leaders = new Leaders(parts.terms);
    this.consoles = consoles;
    this.#rights = new Rights(gate);
    journal.listen((events) => this.#durable(events));
    const shared = {
      ...{ time, random, gate, consoles, logger: parts.logger, myself },
      record: <T>(command: string, asker: Asker, decide: (add: Add) => T): Promise<T> =>
        this.#record(command, asker, decide),
      newId: () => this.#newId(),
    };
    this.access = new ConsoleAccess({ ...shared, obms: () => journal.obms });
    this.#orders = new Orders({
      ...{ ...shared, rights: this.#rights, leaders: this.leaders },
      idOf: (label) => this.obm(label)?.id,
      machine: (label) => this.machine(label),
      soon: (machine) => this.#polling.soon(machine),
    });
  }

  /** Brings the catalogue to the head of the log and starts nothing. */
  static async open(parts: ObmdParts): Promise<Obmd> {
    const { log, time, random, logger, lost, consoleDirectory: directory } = parts;
    const journal = await Journal.open({ log, time, lost });
    const gate = new Gate({ obms: () => journal.obms, time });
    const consoles = await Consoles.open({ time, random, logger, gate, directory });
    const obmd = new Obmd(parts, journal, gate, consoles);
    obmd.#forgetUnused();
    for (const obm of obmd.#journal.obms.all()) obmd.#employ(obm);
    return obmd;
  }

  /** Finds out what became of orders that an earlier run had begun, and looks at machines from now on. */
  start(): void {
    for (const { label, orders } of this.#journal.obms.all())
      for (const order of orders) void this.#orders.settle(label, order);
    this.#polling.start();
    this.access.start();
  }

  get journal(): Journal {
    return this.#journal;
  }

  /** ms since the epoch. */
  now(): number {
    return this.#parts.time.now();
  }

  /** What is done again and again, and how late. */
  get works(): readonly WorkState[] {
    return this.#polling.works;
  }

  /** @throws {LabelError} `not-found` */
  machine(label: string): Machine {
    const machine = this.#machines.get(label);
    if (machine) return machine;
    throw new LabelError('not-found', `no OBM is registered as ${label}`);
  }

  /** undefined also between a registration and its employment. */
  findMachine(label: string): Machine | undefined {
    return this.#machines.get(label);
  }

  obm(label: string): Obm | undefined {
    return this.#journal.obms.get(label);
  }

  /** In the order in which they were registered. */
  obms(): IterableIterator<Obm> {
    return this.#journal.obms.all();
  }

  /**
   * Registers an OBM. It is not asked anything.
   *
   * @throws {InfoError} names the field that is wrong
   * @throws {LabelError} `exists`: it stays as it is; `too-many`
   */
  async register(label: string, driver: string, info: unknown, asker: Asker): Promise<void> {
    const { open, secret } = checked(driver, info);
    // Before a secret is kept for it.
    this.#mustBeFree(label);
    const id = this.#newId();
    if (Object.keys(secret).length > 0) this.#parts.credentials.change(new Map([[id, secret]]));
    try {
      await this.#record('Register', asker, (add) => {
        this.#mustBeFree(label);
        add({ type: 'ObmRegistered', data: { label, id, driver, info: open } });
      });
    } catch (error) {
      this.#parts.credentials.change(new Map(), [id]);
      throw error;
    }
    // It may have been unregistered before the answer came.
    const obm = this.obm(label);
    if (obm?.id === id) this.#employ(obm);
  }

  /** Ends all that is under way with it. @returns whether there was one */
  async unregister(label: string, asker: Asker): Promise<boolean> {
    const id = await this.#record('Unregister', asker, (add) => {
      const obm = this.obm(label);
      if (obm) add({ type: 'ObmUnregistered', data: { label, id: obm.id } });
      return obm?.id;
    });
    if (id === undefined) return false;
    await this.#dismiss(label);
    this.#parts.credentials.change(new Map(), [id]);
    return true;
  }

  /**
   * A new token of an OBM, which is shown this once; the one before is good no more.
   *
   * @throws {LabelError} `not-found`
   */
  async issueToken(label: string, asker: Asker): Promise<string> {
    const token = this.#parts.random(16).toString('hex');
    const { tokenMs } = this.#settings;
    await this.#record('IssueToken', asker, (add) => {
      this.machine(label);
      const epoch = this.#journal.obms.nextEpoch(label);
      const expires = tokenMs === null ? null : this.#parts.time.now() + tokenMs;
      add({ type: 'TokenIssued', data: { label, epoch, hash: hashOf(token), expires } });
    });
    // Whoever has it looks at the machine next.
    const machine = this.findMachine(label);
    if (machine?.power === null) this.#polling.soon(machine);
    return token;
  }

  /**
   * The token is good no more, from the first moment. To revoke what is revoked is a success.
   *
   * @throws {LabelError} `not-found`
   */
  async revokeToken(label: string, asker: Asker): Promise<void> {
    await this.#record('RevokeToken', asker, (add) => {
      this.machine(label);
      if (this.obm(label)?.token === null) return;
      const epoch = this.#journal.obms.nextEpoch(label);
      add({ type: 'TokenRevoked', data: { label, epoch } });
    });
  }

  /** See `Orders.give`. */
  order(label: string, order: PowerOrder, asker: Asker, pass?: Pass): Promise<PowerOutcome> {
    return this.#orders.give(label, order, asker, pass);
  }

  /** @param pass by which it is done, while it holds */
  setBootDevice(label: string, to: BootRequest, asker: Asker, pass?: Pass): Promise<BootSetting> {
    const machine = this.machine(label);
    const begin = (): void => this.leaders.mustLead(asker);
    return this.#rights.use(pass, (right) => machine.setBootDevice(to, right, begin));
  }

  /** @param pass by which it is done, while it holds */
  light(label: string, seconds: number | 'on' | 'off', asker: Asker, pass?: Pass): Promise<void> {
    const machine = this.machine(label);
    const begin = (): void => this.leaders.mustLead(asker);
    return this.#rights.use(pass, (right) => machine.light(seconds, right, begin));
  }

  /** Gives back what OBMs have lent, as long as they take it within a few seconds. */
  async close(): Promise<void> {
    this.#polling.stop();
    this.access.stop();
    await this.consoles.close();
    const { time, ipmi, log } = this.#parts;
    this.#journal.close();
    const closing = [...this.#machines.values()].map((machine) => machine.close());
    await atMost(time, courtesyMs, Promise.all(closing));
    await atMost(time, courtesyMs, ipmi.close());
    await log.close();
  }

  #employ(obm: Obm): void {
    const { time, random, ipmi, privateDirectory, credentials, sessions } = this.#parts;
    const { label, driver: kind, info, id } = obm;
    const secret = credentials.get(id) ?? {};
    const surroundings = { time, random, ipmi, privateDirectory, session: sessions.of(id) };
    const { driver, address } = openDriver({ driver: kind, open: info, secret }, surroundings);
    const tell = (seen: Seen): void => void this.#observe(label, id, seen);
    const machine = new Machine({
      ...{ label, driver, time, settings: this.#settings.coordinator },
      network: this.#networks.of(address),
      powerSeen: (state) => tell({ type: 'PowerChanged', state }),
      reached: (reason) => tell({ type: 'ObmReached', reason }),
      eventsSeen: (entries) => tell({ type: 'SystemEventsSeen', entries }),
      identified: (guid) => tell({ type: 'ObmIdentified', guid }),
    });
    this.#machines.set(label, machine);
    this.#polling.add(machine);
    this.consoles.keep(machine, obm.epoch);
  }

  async #dismiss(label: string): Promise<void> {
    const machine = this.#machines.get(label);
    if (!machine) return;
    this.#machines.delete(label);
    this.#polling.remove(machine);
    // No order begins any more when this has been called; what hangs is not waited for.
    const closing = machine.close();
    await this.consoles.drop(label);
    await atMost(this.#parts.time, courtesyMs, closing);
  }

  #say(label: string, event: ObmEvent): void {
    if (event.type === 'PowerChanged')
      this.consoles.get(label)?.mark('power', `the machine is ${event.data.state}`);
    if (event.type === 'ObmIdentified' && event.data.same_as.length > 0)
      this.#parts.logger.warn(
        { obm: label, guid: event.data.guid, others: event.data.same_as },
        'one OBM has several labels, by its GUID',
      );
    if (event.type !== 'ObmReached') return;
    const { reason } = event.data;
    const said = reason === null ? 'can be looked at again' : 'cannot be looked at';
    this.#parts.logger.info({ obm: label, reason }, said);
  }

  /** What was seen goes into the log where it differs from what the log says last. */
  async #observe(label: string, id: string, seen: Seen): Promise<void> {
    const asker = { actor: myself, request: id };
    try {
      await this.#record('Observe', asker, (add) => {
        const { obms } = this.#journal;
        const obm = obms.get(label);
        const news = obm?.id === id ? newsOf(obms, obm, seen, this.#parts.time.now()) : null;
        if (!news) return;
        add(news);
        this.#say(label, news);
      });
    } catch (error) {
      // The next change is recorded again; a log that cannot be written says so itself.
      this.#parts.logger.warn({ obm: label, err: error }, 'what was seen is not in the log');
    }
  }

  #record<T>(
    command: string,
    { actor, request }: Asker,
    decide: (add: (event: ObmEvent) => void) => T,
  ): Promise<T> {
    const decision: Decision = { actor, command, correlation: request };
    return this.#journal.record(decision, (_obms, add) => {
      const events: ObmEvent[] = [];
      const result = decide((event) => events.push(event));
      events.forEach(add);
      // The catalogue knows of it as soon as this has returned, and nobody is answered before.
      if (events.some(({ type }) => changesPass.has(type)))
        queueMicrotask(() => this.#passesChanged());
      return result;
    });
  }

  #passesChanged(): void {
    this.consoles.checkPasses();
    this.#rights.check();
  }

  /** A token that is not durable yet is nobody's yet. */
  #durable(events: readonly ObmEvent[]): void {
    for (const { type, data } of events)
      if (type === 'TokenIssued') this.consoles.newOwner(data.label, data.epoch);
  }

  #mustBeFree(label: string): void {
    const { obms } = this.#journal;
    if (obms.get(label)) throw new LabelError('exists', `${label} is registered already`);
    if (obms.size >= this.#settings.obmsMax)
      throw new LabelError('too-many', `${obms.size} OBMs are registered, which is the most`);
  }

  /** Of registrations that never came about, or are over. */
  #forgetUnused(): void {
    const used = new Set([...this.obms()].map(({ id }) => id));
    const unused = this.#parts.credentials.names.filter((name) => !used.has(name));
    this.#parts.credentials.change(new Map(), unused);
    this.#parts.sessions.forgetBut(used);
  }

  #newId(): string {
    return this.#parts.random(8).toString('hex');
  }
}

const changesPass = new Set(['ObmUnregistered', 'TokenIssued', 'TokenRevoked', 'ConnectionEnded']);
