/**
 * Three whole stations on one log in memory, by clocks that a seed turns: they are halted, killed and
 * cut off, their clocks jump, their commits come late or not at all, the log loses its end, and
 * somebody asks all the while for something, and again with the same key where he was not answered.
 */

import type { Test } from 'tap';
import type { Silence } from '../../../src/log/memory.ts';
import { Cluster } from './cluster.ts';
import type { Member } from './cluster.ts';

/** Mulberry32: small, and the same everywhere. */
const randomOf = (seed: number) => {
  let state = seed >>> 0;
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

interface Request {
  readonly key: string;
  readonly fqdn: string;
  /** Whoever was asked, and has not answered yet. */
  asked: Member | null;
  /** Of the commit, where it was acknowledged. */
  revision: number | null;
}

export class RandomStations {
  readonly #t: Test;
  readonly #random: () => number;
  readonly #cluster: Cluster;
  readonly #requests: Request[] = [];
  /** Digests that graphs had, by revision, since history was lost last. */
  #digests = new Map<number, string>();
  /** Those that were there when history was lost, and may show it yet. */
  #old = new Set<Member>();
  /** Those that were found to do what the leading one does, and not to lead any more. */
  readonly #late = new Set<Member>();
  /** Those that were found to have ended, and are to be opened anew. */
  readonly #ended = new Set<Member>();
  #found = { terms: 0, acknowledged: 0, trouble: 0, losses: 0 };

  constructor(t: Test, seed: number) {
    this.#t = t;
    this.#random = randomOf(seed);
    this.#cluster = new Cluster(t);
    this.#cluster.watch = (stepped) => this.#look(stepped);
  }

  /** @param seconds of the stations' time */
  async run(seconds: number): Promise<{ terms: number; acknowledged: number; trouble: number }> {
    const random = this.#random;
    const all = await this.#cluster.three({ random }, { random }, { random });
    for (const member of all) this.#heed(member);
    for (let passed = 0; passed < seconds;) {
      await this.#trouble();
      for (let i = this.#below(4); i > 0; i -= 1) this.#ask();
      const next = 1 + this.#below(5);
      passed += next;
      await this.#cluster.pass(next * 1000);
      await this.#openEnded();
    }
    await this.#heal();
    this.#judge();
    return this.#found;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #one<T>(all: readonly T[]): T {
    return all[this.#below(all.length)]!;
  }

  #heed(member: Member): void {
    void member.station.ended.then(() => this.#ended.add(member));
  }

  async #trouble(): Promise<void> {
    const member = this.#one(this.#cluster.members);
    const { line } = member.log;
    this.#found.trouble += 1;
    switch (this.#below(12)) {
      case 0:
      case 1:
        return this.#cluster.halt(member);
      case 2:
        return line.cut('silent');
      case 3:
        return line.cut('refused');
      case 4:
        return member.time.jump(this.#one([-3_600_000, 3_600_000, 11_000]));
      case 5:
      case 6:
        member.silences.push(this.#one<Silence>(['kept', 'lost', 'late']));
        return;
      case 7:
        return this.#kill(member);
      case 8:
        return this.#below(4) === 0 ? this.#lose() : undefined;
      default:
        for (const each of this.#cluster.members) {
          if (each.isHalted) this.#cluster.halt(each, false);
          if (each.log.line.isCut) each.log.line.restore();
        }
    }
  }

  /** Nothing of it goes on, and another process of its name begins. */
  async #kill(member: Member): Promise<void> {
    this.#bury(member);
    await this.#open(member.name);
  }

  /** Whoever asked it hears nothing any more. */
  #bury(member: Member): void {
    this.#cluster.kill(member);
    for (const request of this.#requests) if (request.asked === member) request.asked = null;
  }

  async #open(name: string): Promise<void> {
    this.#heed(await this.#cluster.open(name, { random: this.#random }));
  }

  #lose(): void {
    const { storage } = this.#cluster;
    const commits = Math.min(1 + this.#below(2), storage.head);
    storage.lose(commits);
    this.#found.losses += 1;
    this.#digests = new Map();
    // Whoever had not heard of them goes on.
    const knew = ({ station, log }: Member): boolean =>
      Math.max(station.head, log.head()) > storage.head;
    this.#old = new Set(this.#cluster.members.filter(knew));
    // Whoever was told of these was told of what servers had promised, and had not kept.
    for (const request of this.#requests)
      if ((request.revision ?? 0) > storage.head) request.revision = null;
  }

  /** As the daemon does. */
  async #openEnded(): Promise<void> {
    for (const member of this.#ended) {
      this.#ended.delete(member);
      if (!this.#cluster.members.includes(member)) continue;
      this.#bury(member);
      await this.#open(member.name);
    }
  }

  /** Something new, or what was not answered once more, at whoever says that he leads, or at anybody. */
  #ask(): void {
    const running = this.#cluster.members.filter(({ isHalted }) => !isHalted);
    if (running.length === 0) return;
    const leading = running.filter((each) => this.#cluster.leaders.includes(each));
    const member = this.#one(leading.length > 0 && this.#below(8) > 0 ? leading : running);
    const open = this.#requests.filter((one) => one.asked === null && one.revision === null);
    let request = open.length > 0 && this.#below(3) > 0 ? this.#one(open) : undefined;
    if (!request) {
      const id = this.#requests.length;
      request = { key: `key ${id}`, fqdn: `h${id}.x`, asked: null, revision: null };
      this.#requests.push(request);
    }
    this.#send(member, request);
  }

  #send(member: Member, request: Request): void {
    request.asked = member;
    const { losses } = this.#found;
    member.add(request.fqdn, request.key).then(
      (result) => {
        if (request.asked === member) request.asked = null;
        if (!result.ok) this.#t.fail(`${request.key} was refused`);
        // One that does not know of a loss yet says what was true before.
        else if (losses === this.#found.losses && !this.#old.has(member))
          request.revision = result.revision;
      },
      () => {
        if (request.asked === member) request.asked = null;
      },
    );
  }

  /** After each step of one of them. */
  #look(stepped: Member): void {
    const { members, leaders } = this.#cluster;
    if (leaders.length > 1) this.#t.fail(`${leaders.length} stations lead`);
    for (const member of members) {
      const { station, name } = member;
      if (member.isHalted) continue;
      if (member === stepped) {
        // It notices at its next look, or before it does anything.
        const isLate = station.standing.role === 'following' && station.duties.term !== null;
        if (isLate && this.#late.has(member))
          this.#t.fail(`${name} follows and does what the leading one does`);
        if (isLate) this.#late.add(member);
        else this.#late.delete(member);
      }
      if (this.#old.has(member) || station.settled() !== undefined) continue;
      const [head, digest] = [station.head, station.graph.digest()];
      const known = this.#digests.get(head);
      if (known === undefined) this.#digests.set(head, digest);
      else if (known !== digest) this.#t.fail(`two graphs at revision ${head}`);
    }
  }

  async #heal(): Promise<void> {
    const cluster = this.#cluster;
    for (const each of cluster.members) {
      if (each.isHalted) cluster.halt(each, false);
      if (each.log.line.isCut) each.log.line.restore();
      each.silences.length = 0;
    }
    await cluster.pass(5000);
    await this.#openEnded();
    await cluster.until('one leads', () => cluster.leaders.length === 1);
    // Whatever has no answer yet gets one now.
    for (let i = 0; i < 40 && this.#requests.some(({ revision }) => revision === null); i += 1) {
      for (const request of this.#requests) {
        const [leader] = cluster.leaders;
        if (leader && request.revision === null && request.asked === null)
          this.#send(leader, request);
      }
      await cluster.pass(1000);
    }
    await cluster.pass(5000);
  }

  #judge(): void {
    const t = this.#t;
    const cluster = this.#cluster;
    const commits = cluster.commits();
    for (const { key, revision } of this.#requests) {
      const kept = commits.filter(({ request }) => request?.key === key);
      if (kept.length !== 1 || kept[0]!.revision !== revision)
        t.fail(`${key} is ${kept.length} times in the log, acknowledged at ${revision}`);
    }
    let leader: Member | undefined;
    let last = 0;
    for (const commit of commits) {
      const by = cluster.appenderOf(commit);
      const led = commit.events.find(({ type }) => type === 'StationLed');
      if (led) {
        const { term } = led.data as { term: number };
        if (term <= last) t.fail(`term ${term} follows term ${last}`);
        [last, leader] = [term, by];
      }
      if (by !== leader)
        t.fail(`revision ${commit.revision} in the term of ${leader?.name} is ${by?.name}'s`);
    }
    const ends = cluster.members.map(({ station }) => [station.head, station.graph.digest()]);
    for (const end of ends) t.strictSame(end, ends[0], 'all are alike');
    t.equal(ends[0]![0], commits.length);
    this.#found.terms = last;
    this.#found.acknowledged = this.#requests.length;
  }
}
