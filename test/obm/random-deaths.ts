/** Random orders, tokens and deaths at an OBM daemon and its BMCs, and what must be true whatever came of them. */

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import { folderOf } from '../folder.ts';
import { dice, startBadNetwork } from '../ipmi/bad-network.ts';
import type { BadNetwork } from '../ipmi/bad-network.ts';
import { simulate, until } from '../ipmi/simulator.ts';
import type { Simulator } from '../ipmi/simulator.ts';
import { Daemon, ipmiInfo } from './daemon.ts';

export interface Choices {
  readonly seconds: number;
  /** The same one makes the same decisions, as far as answers come in the same order. */
  readonly seed: number;
}

/** Of every five packets one is lost, each way. */
const lost = 0.2;
/** Tokens of a machine that are looked at, the newest. */
const tokensMax = 6;
const labels = ['n1', 'n2', 'n3', 'n4'];
/** Between two deaths, at the most, ms. */
const livesMs = 3_000;

type Standing = 'good' | 'over' | 'unknown';

interface Viewer {
  readonly token: string;
  isOver: boolean;
}

interface Machine {
  readonly label: string;
  readonly simulator: Simulator;
  readonly network: BadNetwork;
  /** null: an answer did not come. */
  registered: boolean | null;
  readonly tokens: Map<string, Standing>;
  viewers: Viewer[];
  /** Those that the BMC had carried out before the last order, and what that one may have added. */
  readonly resets: { seen: number; least: number; most: number };
}

export const runRandomDeaths = async (t: Test, { seconds, seed }: Choices): Promise<void> => {
  t.comment(`seed ${seed}; again: HALCYON_SEED=${seed} HALCYON_SECONDS=${seconds}`);
  const history = await History.open(t, seed);
  try {
    await history.run(seconds * 1000);
    await history.heal();
  } catch (error) {
    throw new Error(`${String(error)}\nthe last that was done:\n${history.last}`, { cause: error });
  }
};

class History {
  readonly #t: Test;
  readonly #daemon: Daemon;
  readonly #machines: readonly Machine[];
  readonly #roll: () => number;
  readonly #done: string[] = [];
  #deaths = 0;
  #resets = 0;
  /** Resolves when the daemon runs. */
  #up: Promise<void> = Promise.resolve();
  /** The next that is begun. */
  #something = Promise.withResolvers<void>();

  private constructor(t: Test, daemon: Daemon, machines: readonly Machine[], seed: number) {
    this.#t = t;
    this.#daemon = daemon;
    this.#machines = machines;
    this.#roll = dice(seed);
  }

  static async open(t: Test, seed: number): Promise<History> {
    const machines: Machine[] = [];
    const folder = folderOf(t, Object.fromEntries(labels.map((label) => [label, {}])));
    for (const [index, label] of labels.entries()) {
      const simulator = await simulate(join(folder, label));
      t.teardown(() => simulator.kill());
      // Enough for a death in the middle.
      simulator.slowDown(0.1);
      const network = await startBadNetwork(t, simulator.port, { lost }, seed + index);
      machines.push({
        ...{ label, simulator, network, registered: false, tokens: new Map(), viewers: [] },
        resets: { seen: 0, least: 0, most: 0 },
      });
    }
    return new History(t, await Daemon.start(t, ['--poll', '5']), machines, seed);
  }

  get last(): string {
    return this.#done.slice(-100).join('\n');
  }

  /** Something goes on with every machine, one thing at a time, while the daemon dies now and then. */
  async run(ms: number): Promise<void> {
    const end = performance.now() + ms;
    const live = async (machine: Machine): Promise<void> => {
      while (performance.now() < end) {
        await this.#answered(() => this.#act(machine), 'once');
        await this.#answered(() => this.#check(machine), 'until it is');
        if (this.#roll() < 0.05) await this.#restartBmc(machine);
      }
    };
    const die = async (): Promise<void> => {
      while (performance.now() < end) {
        await pause(this.#roll() * livesMs);
        // In the middle of something, or just behind it.
        await this.#something.promise;
        if (performance.now() >= end) return;
        await pause(this.#roll() * (this.#roll() < 0.7 ? 20 : 500));
        await (this.#up = this.#die());
      }
    };
    const all = Promise.all(this.#machines.map(live));
    // Nothing more begins then.
    await Promise.all([die(), all.then(() => this.#something.resolve())]);
    const [lines, deaths] = [this.#done.length, this.#deaths];
    this.#t.comment(`${lines} lines of history, ${this.#resets} resets, ${deaths} deaths`);
  }

  /** What must work in the end, without any help but asking again. */
  async heal(): Promise<void> {
    for (const machine of this.#machines) {
      const { label, simulator, network } = machine;
      network.heal();
      await this.#register(machine);
      await this.#issue(machine);
      await this.#check(machine);
      const [token = ''] = this.#good(machine);
      await until(`${label} can be looked at`, async () =>
        ['on', 'off'].includes(await this.#daemon.power(label, token)),
      );
      await until('what was begun is settled', async () => (await this.#orders(label)) === 0);
      for (const action of ['on', 'off'] as const) {
        await until(`${label} is switched ${action}`, async () => {
          const { text } = await this.#power(label, action);
          return (JSON.parse(text) as { outcome?: string }).outcome === 'done';
        });
        this.#t.equal(simulator.power, action === 'on' ? '1' : '0');
      }
      this.#countResets(machine);
    }
  }

  async #act(machine: Machine): Promise<void> {
    this.#something.resolve();
    this.#something = Promise.withResolvers();
    // What is not registered cannot do much.
    const isMissing = machine.registered === false && this.#roll() < 0.7;
    const register = (): Promise<void> => this.#register(machine);
    const issue = (): Promise<void> => this.#issue(machine);
    const revoke = (): Promise<void> => this.#revoke(machine);
    const order = (): Promise<void> => this.#order(machine);
    const others = [
      () => this.#unregister(machine),
      () => this.#look(machine),
      () => this.#status(machine),
    ];
    const tokens = [issue, issue, revoke, revoke];
    const orders = Array.from({ length: 5 }, () => order);
    const act = isMissing ? register : this.#one([...tokens, ...orders, register, ...others]);
    await act();
  }

  /** Tolerates that the daemon dies before it has answered. */
  async #answered(ask: () => Promise<void>, often: 'once' | 'until it is'): Promise<void> {
    for (;;) {
      try {
        await this.#up;
        return await ask();
      } catch (error) {
        if (!isCutOff(error)) throw error;
        this.#note('  cut off');
        if (often === 'once') return;
      }
    }
  }

  async #die(): Promise<void> {
    this.#deaths++;
    this.#note('the daemon dies');
    const exit = await this.#daemon.process.stop('SIGKILL');
    this.#mustBe(
      exit.signal === 'SIGKILL',
      `it had ended by itself: ${this.#daemon.process.stderr}`,
    );
    await this.#daemon.run();
    this.#note('the daemon runs');
  }

  async #restartBmc({ label, simulator }: Machine): Promise<void> {
    this.#note(`the BMC of ${label} starts again`);
    await simulator.restart();
  }

  async #register(machine: Machine): Promise<void> {
    const { label, network } = machine;
    const before = machine.registered;
    machine.registered = null;
    const info = ipmiInfo(network.port);
    const { status } = await this.#asAdmin('PUT', `/node/${label}`, { type: 'ipmi', info });
    const expected = before === null ? [200, 409] : before ? [409] : [200];
    this.#mustBe(expected.includes(status), `${label}: registered with ${status}`);
    machine.registered = true;
    // Of an earlier registration nothing is good any more.
    if (status === 200) this.#now(machine, 'over');
  }

  async #unregister(machine: Machine): Promise<void> {
    machine.registered = null;
    this.#now(machine, 'unknown');
    const { status } = await this.#asAdmin('DELETE', `/node/${machine.label}`);
    this.#mustBe(status === 200, `${machine.label}: unregistered with ${status}`);
    machine.registered = false;
    this.#now(machine, 'over');
  }

  async #issue(machine: Machine): Promise<void> {
    const { status, text } = await this.#ofToken('POST', machine);
    if (status === 200) machine.tokens.set((JSON.parse(text) as { token: string }).token, 'good');
  }

  async #revoke(machine: Machine): Promise<void> {
    await this.#ofToken('DELETE', machine);
  }

  async #ofToken(method: string, machine: Machine): ReturnType<Daemon['ask']> {
    const { label, registered } = machine;
    this.#now(machine, 'unknown');
    const answered = await this.#asAdmin(method, `/node/${label}/token`);
    const { status } = answered;
    const expected = registered === null ? [200, 404] : registered ? [200] : [404];
    this.#mustBe(expected.includes(status), `${label}: ${method} of its token with ${status}`);
    this.#now(machine, 'over');
    machine.registered = status === 200;
    return answered;
  }

  async #order(machine: Machine): Promise<void> {
    this.#countResets(machine);
    const { label } = machine;
    const action = this.#one(['on', 'on', 'off', 'reset', 'reset', 'reset', 'reset'] as const);
    if (action === 'reset') machine.resets.most++;
    const { status, text } = await this.#power(label, action);
    this.#note(`  ${label}: ${action} ${status} ${text}`);
    if (action !== 'reset' || status !== 200) return;
    const { outcome, instead } = JSON.parse(text) as Record<string, string | null>;
    if (outcome === 'done' && instead === null) machine.resets.least++;
    if (outcome === 'not-done' || instead !== null) machine.resets.most--;
  }

  /** What has been carried out since the order before this one, which nobody repeats. */
  #countResets({ label, simulator, resets }: Machine): void {
    const all = simulator.executed.filter((one) => one === 'reset 1').length;
    const since = all - resets.seen;
    const range = `${resets.least} to ${resets.most}`;
    this.#mustBe(since >= resets.least && since <= resets.most, `${label}: ${since} of ${range}`);
    Object.assign(resets, { seen: all, least: 0, most: 0 });
    this.#resets += since;
  }

  async #status(machine: Machine): Promise<void> {
    const [token = '0'.repeat(32)] = this.#good(machine);
    this.#note(`${machine.label}: ${await this.#daemon.power(machine.label, token)}`);
  }

  async #look(machine: Machine): Promise<void> {
    const [token] = this.#good(machine);
    if (token === undefined) return;
    this.#note(`${machine.label}: somebody looks`);
    const answer = await fetch(`${this.#daemon.url}/node/${machine.label}/console?token=${token}`);
    const viewer = { token, isOver: answer.status !== 200 };
    machine.viewers.push(viewer);
    void answer.text().then(...twice(() => (viewer.isOver = true)));
  }

  /** At most one token is good; what is over stays so, and nobody looks by it any more. */
  async #check(machine: Machine): Promise<void> {
    const { label, tokens } = machine;
    for (const token of [...tokens.keys()].slice(0, -tokensMax)) tokens.delete(token);
    for (const [token, standing] of tokens) {
      const headers = { authorization: `Bearer ${token}` };
      const { status } = await this.#daemon.ask('GET', `/v2/obms/${label}`, undefined, headers);
      const isIn = status === 200;
      if (standing !== 'unknown')
        this.#mustBe(isIn === (standing === 'good'), `${label}: ${standing}, and yet ${status}`);
      tokens.set(token, isIn ? 'good' : 'over');
    }
    this.#mustBe(this.#good(machine).length <= 1, `${label}: more than one token is good`);
    await until(`whoever looks at ${label} by what is over is out`, () =>
      machine.viewers.every(({ token, isOver }) => isOver || tokens.get(token) === 'good'),
    );
    machine.viewers = machine.viewers.filter(({ isOver }) => !isOver);
  }

  #good({ tokens }: Machine): string[] {
    return [...tokens].filter(([, standing]) => standing === 'good').map(([token]) => token);
  }

  /** Of all tokens that are not over already. */
  #now({ tokens }: Machine, standing: Standing): void {
    for (const [token, before] of tokens) if (before !== 'over') tokens.set(token, standing);
  }

  #power(label: string, action: string): ReturnType<Daemon['ask']> {
    return this.#daemon.asAdmin('POST', `/v2/obms/${label}/power`, { action });
  }

  async #orders(label: string): Promise<number> {
    const { text } = await this.#daemon.asAdmin('GET', `/v2/obms/${label}`);
    return (JSON.parse(text) as { orders: number }).orders;
  }

  #asAdmin(method: string, path: string, body?: object): ReturnType<Daemon['ask']> {
    this.#note(`${method} ${path}`);
    return this.#daemon.asAdmin(method, path, body);
  }

  #mustBe(holds: boolean, what: string): void {
    if (!holds) throw new Error(what);
  }

  #one<T>(list: readonly T[]): T {
    return list[Math.floor(this.#roll() * list.length)]!;
  }

  #note(what: string): void {
    this.#done.push(`${new Date().toISOString()} ${what}`);
  }
}

const twice = <T>(call: () => T): [() => T, () => T] => [call, call];

/** The daemon was not there, or went away before it had answered. */
const isCutOff = (error: unknown): boolean => error instanceof TypeError;
