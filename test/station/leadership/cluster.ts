/** Several stations in this process on one shared log in memory, each with clocks and a line of its own. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Test } from 'tap';
import type { Commit } from '../../../src/core/events/commit.ts';
import { bodyOf } from '../../../src/log/chain.ts';
import type { Result } from '../../../src/station/result.ts';
import { openSharedMemoryLog, SharedMemory } from '../../../src/log/shared-memory.ts';
import type { SharedMemoryLog } from '../../../src/log/shared-memory.ts';
import type { Silence } from '../../../src/log/memory.ts';
import { Station } from '../../../src/station/station.ts';
import { HandTime } from '../hand-time.ts';
import { temporary } from '../harness.ts';

/** So much passes at a time for each in turn, ms. */
const stepMs = 250;
/** How long a call of the log waits for a silent line, ms. */
const answerMs = 3000;

export const urlOf = (name: string): string => `http://${name}:7400`;

export interface Member {
  readonly name: string;
  readonly station: Station;
  readonly log: SharedMemoryLog;
  readonly time: HandTime;
  /** What it logged, by message. */
  readonly said: string[];
  /** Halted: nothing of it runs, though time passes. */
  isHalted: boolean;
  /** What becomes of its next commits while it hears nothing. */
  readonly silences: Silence[];
  /** Asks it to register a host. */
  readonly add: (fqdn: string, key?: string) => Promise<Result<string>>;
}

export interface Choices {
  readonly random?: () => number;
  /** Of its wall clock, against that of the others, ms. */
  readonly skew?: number;
  readonly directory?: string;
  /** How long its leases last, s. */
  readonly lease?: number;
}

export class Cluster {
  readonly storage = new SharedMemory();
  readonly members: Member[] = [];
  readonly #t: Test;
  readonly #appenders = new Map<string, Member>();
  #key: Buffer | null = null;
  /** Looks at all of them after each step of one. */
  watch: (stepped: Member) => void = () => undefined;

  constructor(t: Test) {
    this.#t = t;
  }

  async open(name: string, choices: Choices = {}): Promise<Member> {
    const time = new HandTime();
    time.jump(choices.skew ?? 0);
    const [said, silences]: [string[], Silence[]] = [[], []];
    const say = (_details: unknown, message: string): void => void said.push(message);
    const log = openSharedMemoryLog({
      storage: this.storage,
      deadline: (expire) => time.after(answerMs, expire),
      store: (commit) => {
        this.#appenders.set(bodyOf(commit), member);
        return silences.shift();
      },
    });
    const directory = choices.directory ?? temporary(this.#t);
    const key = join(directory, 'station.key');
    // All have the same one, as somebody has copied it.
    if (this.#key !== null) writeFileSync(key, this.#key, { mode: 0o600 });
    const station = await Station.open({
      directory,
      logger: { info: say, warn: say, error: say },
      ...{ log, time, name, url: urlOf(name), snapshotEvery: 0 },
      random: choices.random ?? (() => 0.5),
      lease: choices.lease,
    });
    this.#key ??= readFileSync(key);
    const add: Member['add'] = (fqdn, key) => {
      const request = key === undefined ? undefined : { key, fingerprint: fqdn };
      const sender = { actor: 'test', request };
      return station.submit({ type: 'RegisterHost', fqdn }, sender, () => fqdn);
    };
    const member: Member = { name, station, log, time, said, silences, add, isHalted: false };
    this.members.push(member);
    this.#t.teardown(async () => {
      member.isHalted = false;
      if (this.members.includes(member)) log.line.restore();
      await this.close(member);
    });
    station.start(1);
    return member;
  }

  /** Closes one in good order; time passes for it meanwhile. */
  async close(member: Member): Promise<void> {
    let isClosed = false;
    const closing = member.station.close().finally(() => (isClosed = true));
    for (let i = 0; i < 400 && !isClosed; i += 1) await member.time.pass(stepMs);
    await closing;
    this.#leave(member);
  }

  /** Nothing of it goes on, nor comes through; its end is left to that of the test. */
  kill(member: Member): void {
    member.log.line.cut('refused');
    this.#leave(member);
  }

  #leave(member: Member): void {
    const place = this.members.indexOf(member);
    if (place >= 0) this.members.splice(place, 1);
  }

  /** Which of them has appended a commit, its successors of its name apart. */
  appenderOf(commit: Commit): Member | undefined {
    return this.#appenders.get(bodyOf(commit));
  }

  /** Halts one, as SIGSTOP does, or goes on with it. */
  halt(member: Member, isHalted = true): void {
    member.isHalted = isHalted;
    if (isHalted) member.log.line.hold();
    else member.log.line.release();
  }

  /** Lets time pass for all. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      for (const member of [...this.members]) {
        if (member.isHalted) member.time.halt(stepMs);
        else await member.time.pass(stepMs);
        this.watch(member);
      }
    }
  }

  /** Lets time pass until something is so. @returns how long it took, ms */
  async until(what: string, isSo: () => boolean, most = 120_000): Promise<number> {
    for (let passed = 0; passed <= most; passed += stepMs) {
      if (isSo()) return passed;
      await this.pass(stepMs);
    }
    throw new Error(`waited in vain until ${what}`);
  }

  /** Waits for an answer while time passes. */
  async answered<T>(answer: Promise<T>): Promise<T> {
    let isThere = false;
    const settled = (): void => void (isThere = true);
    answer.then(settled, settled);
    for (let i = 0; i < 20 && !isThere; i += 1) await turn();
    await this.until('there is an answer', () => isThere);
    return answer;
  }

  get leaders(): Member[] {
    return this.members.filter(({ station }) => station.standing.role === 'leading');
  }

  /** One that leads, as soon as one does that is not halted. */
  async leader(): Promise<Member> {
    const leading = (): Member | undefined => this.leaders.find(({ isHalted }) => !isHalted);
    await this.until('a station leads', () => leading() !== undefined);
    return leading()!;
  }

  /** Makes stations known: the first one leads, and adds the others. */
  async three(...choices: Choices[]): Promise<[Member, Member, Member]> {
    const first = await this.open('head1', choices[0]);
    await this.until('the first leads', () => this.leaders.includes(first));
    for (const station of ['head2', 'head3']) {
      const command = { type: 'AddStation', station, url: urlOf(station) } as const;
      await first.station.submit(command, { actor: 'test' }, () => null);
    }
    return [first, await this.open('head2', choices[1]), await this.open('head3', choices[2])];
  }

  /** All that the log holds. */
  commits(): Commit[] {
    return Array.from(
      { length: this.storage.head },
      (_, i) => JSON.parse(this.storage.stored(i + 1)!.body) as Commit,
    );
  }

  /** Who led, by term, as the log has it. */
  terms(): [term: number, station: string][] {
    return this.commits().flatMap(({ events }) =>
      events.flatMap(({ type, data }) => {
        if (type !== 'StationLed') return [];
        const { term, station } = data as { term: number; station: string };
        return [[term, station] as [number, string]];
      }),
    );
  }
}
