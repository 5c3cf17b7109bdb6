/**
 * Random calls at a station with OBMs, on a network that loses packets, while the station, the OBM daemon and the BMCs
 * die now and then; and what must be true whatever came of them. A call that a death has cut off is made again, which
 * must put right what the death has left.
 */

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import { folderOf } from '../folder.ts';
import { dice, startBadNetwork } from '../ipmi/bad-network.ts';
import { simulate, until } from '../ipmi/simulator.ts';
import { ConsoleViewer } from '../obm/console-viewer.ts';
import { ipmiInfo } from '../obm/daemon.ts';
import type { Answer } from './harness.ts';
import { ModelledMachine, projects } from './modelled-machine.ts';
import type { Act, ObmNow, Project, Verb } from './modelled-machine.ts';
import { mustBeRight, Mortals } from './mortals.ts';

export interface Choices {
  readonly machines: number;
  /** Each machine's, at the most, and all of them take so long at the most. */
  readonly acts: number;
  readonly seconds: number;
  /** The same one makes the same decisions, as far as answers come in the same order. */
  readonly seed: number;
}

/** Of every five packets one is lost, each way. */
const lost = 0.2;
/** Tokens of a machine that are tried, the newest: who tries too many that are over is slowed down. */
const tokensMax = 4;
/** How likely a death is arranged with an act; it happens in that one or in one soon after. */
const deadly = 0.2;
/** Operations of a machine that may go on while something else is done with it. */
const pendingMax = 3;

export const runRandomObmDeaths = async (t: Test, choices: Choices): Promise<void> => {
  const { seed } = choices;
  t.comment(`seed ${seed}; again: HALCYON_SEED=${seed}`);
  const history = await History.open(t, choices);
  try {
    await history.run(choices);
    await history.heal();
  } catch (error) {
    t.comment(`the last that was done:\n${history.mortals.last}`);
    throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
  }
};

class History {
  readonly mortals: Mortals;
  readonly #t: Test;
  readonly #machines: readonly ModelledMachine[];
  /** Tokens of members, who may do everything with the machines of their project. */
  readonly #members = new Map<Project, string>();
  #acts = 0;
  #orders = 0;

  private constructor(t: Test, mortals: Mortals, machines: readonly ModelledMachine[]) {
    this.#t = t;
    this.mortals = mortals;
    this.#machines = machines;
  }

  static async open(t: Test, { machines: count, seed }: Choices): Promise<History> {
    const labels = Array.from({ length: count }, (_, i) => `n${i + 1}.example`);
    const folder = folderOf(t, Object.fromEntries(labels.map((label) => [label, {}])));
    const machines: ModelledMachine[] = [];
    for (const [index, label] of labels.entries()) {
      const simulator = await simulate(join(folder, label));
      t.teardown(() => simulator.kill());
      // Enough for a death in the middle.
      simulator.slowDown(0.1);
      const network = await startBadNetwork(t, simulator.port, { lost }, seed + index);
      machines.push(new ModelledMachine(label, simulator, network, dice(seed + index)));
    }
    const history = new History(t, await Mortals.start(t), machines);
    await history.#prepare();
    return history;
  }

  async #prepare(): Promise<void> {
    const { ask } = this.mortals.station;
    for (const { fqdn } of this.#machines) await ask('POST', '/hosts', { fqdn });
    for (const name of projects) {
      await ask('POST', '/projects', { name });
      const body = { name, role: 'member', projects: [{ name, role: 'operator' }] };
      const answer = await ask('POST', '/tokens', body);
      this.#members.set(name, answer.body.token as string);
    }
  }

  /** Something goes on with every machine, one thing at a time. */
  async run({ acts, seconds }: Choices): Promise<void> {
    const end = performance.now() + seconds * 1000;
    const live = async (machine: ModelledMachine): Promise<void> => {
      for (let act = 0; act < acts && performance.now() < end; act++) {
        if (machine.roll() < deadly) this.mortals.arrange(machine.roll);
        this.#acts++;
        await this.#act(machine);
        await this.#check(machine);
        if (machine.pending.size >= pendingMax || machine.roll() < 0.5) await this.#count(machine);
      }
    };
    await Promise.all(this.#machines.map(live));
    await this.mortals.strike();
    const { deaths, repeats, proxy } = this.mortals;
    const resets = proxy.orders.filter(({ action }) => action === 'reset').length;
    this.#t.comment(
      `${this.#acts} acts, ${this.#orders} orders, ${resets} resets sent, ${this.mortals.proxy.connections.length} consoles, ` +
        `${deaths} deaths, ${repeats} calls made again`,
    );
  }

  /** What must work in the end, without any help but asking again. */
  async heal(): Promise<void> {
    for (const machine of this.#machines) {
      machine.network.heal();
      await this.#count(machine);
      const make = async (verb: Verb): Promise<void> => {
        const project = machine.owner ?? 'climate';
        await this.#perform(machine, { verb, by: 'admin', project });
        await this.#check(machine);
      };
      await make('register');
      await make('disable');
      if (machine.owner !== null) await make('detach');
      await make('attach');
      await make('enable');
      for (const action of ['on', 'off'] as const) {
        await until(`${machine.fqdn} is switched ${action}`, async () => {
          const id = await this.#order(machine, 'climate', action);
          const { body } = await this.#ended(machine, id!);
          return body.state === 'succeeded';
        });
        this.#t.equal(
          machine.simulator.power,
          action === 'on' ? '1' : '0',
          `${machine.fqdn} is ${action}`,
        );
      }
      for (const verb of ['disable', 'detach', 'unregister'] as const) await make(verb);
      await this.#count(machine);
    }
  }

  async #act(machine: ModelledMachine): Promise<void> {
    const verb = machine.one(usual[machine.obm]);
    const project = machine.one(projects);
    // Mostly whoever may.
    const owner = machine.owner ?? 'admin';
    const by = machine.one<Act['by']>(['admin', owner, owner, project]);
    const isOfMachines = ['attach', 'detach', 'register', 'unregister'].includes(verb);
    if (verb === 'power') {
      const action = machine.one(['on', 'off', 'reset', 'reset', 'reset']);
      // Some die in the middle of a session.
      const isCut = machine.roll() < 0.15;
      const restarted = isCut ? this.#restartBmc(machine) : undefined;
      const id = await this.#order(machine, by, action);
      if (id !== undefined && machine.roll() < 0.7) await this.#ended(machine, id);
      await restarted;
    } else if (verb === 'console') await this.#openConsole(machine, by);
    else await this.#perform(machine, { verb, by: isOfMachines ? 'admin' : by, project });
  }

  async #restartBmc({ fqdn, simulator, roll }: ModelledMachine): Promise<void> {
    await pause(roll() * 500);
    this.mortals.note(`the BMC of ${fqdn} starts again`);
    await simulator.restart();
  }

  /** Asks until it is answered. */
  async #perform(machine: ModelledMachine, act: Act, key?: string): Promise<Answer> {
    const { mortals } = this;
    const [method, path, body] = this.#requestOf(machine, act);
    const asked = { token: this.#tokenOf(act.by), ...(key === undefined ? {} : { key }) };
    const { answer, isRepeated } = await mortals.insist(
      `${act.by}: ${method} ${path} ${act.action ?? ''}`,
      () => mortals.station.ask(method, path, body, asked),
      () => this.#doubt(machine),
    );
    mustBeRight(machine.learn(act, answer, isRepeated));
    if (ending.includes(act.verb) && answer.status < 300) await this.#endConsoles(machine);
    return answer;
  }

  /** The right has ended by which consoles were opened: whoever was let in is out. */
  async #endConsoles(machine: ModelledMachine): Promise<void> {
    const { fqdn, viewers } = machine;
    const made = this.mortals.proxy.connections.filter(({ label }) => label === fqdn);
    machine.over = made.map(({ token }) => token).slice(-2);
    machine.viewers = [];
    await within(
      `nobody is at the console of ${fqdn}`,
      Promise.all(viewers.map((one) => one.closed)),
    );
  }

  /** Lets somebody in, and sits him down at the console, where nobody dies in between. */
  async #openConsole(machine: ModelledMachine, by: Act['by']): Promise<void> {
    const act: Act = { verb: 'console', by, project: 'climate' };
    const { status, body } = await this.#perform(machine, act);
    if (status >= 300 || machine.roll() < 0.3) return;
    const { pathname, search } = new URL(body.url as string);
    machine.viewers.push(new ConsoleViewer(this.mortals.daemon, pathname + search));
  }

  #requestOf(
    { fqdn, network }: ModelledMachine,
    { verb, project, action }: Act,
  ): [method: string, path: string, body?: object] {
    const path = `/hosts/${fqdn}/obm`;
    const { daemon, proxy } = this.mortals;
    switch (verb) {
      case 'attach':
      case 'detach':
        return ['POST', `/projects/${project}/${verb}`, { hosts: [fqdn] }];
      case 'register': {
        const settings = { type: 'ipmi', info: ipmiInfo(network.port) };
        return ['PUT', path, { obmd: proxy.url, admin_token: daemon.admin, ...settings }];
      }
      case 'unregister':
        return ['DELETE', path];
      case 'power':
        return ['POST', `${path}/power`, { action }];
      case 'console':
        return ['POST', `${path}/console`, {}];
      default:
        return ['POST', `${path}/${verb}`];
    }
  }

  /** The id of the operation, where it was taken. Repeated by its key, it is one order. */
  async #order(
    machine: ModelledMachine,
    by: Act['by'],
    action: string,
  ): Promise<number | undefined> {
    const key = `order ${this.#orders++}`;
    const act: Act = { verb: 'power', by, action, project: 'climate' };
    const { status, body } = await this.#perform(machine, act, key);
    if (status >= 300) return undefined;
    const id = body.id as number;
    // What is the same as what waits is that.
    const isOne = machine.pending.has(id);
    machine.pending.set(id, action);
    if (action === 'reset' && !isOne) machine.ordered += 1;
    return id;
  }

  /** How an operation ended, which no death loses. */
  async #ended(machine: ModelledMachine, id: number): Promise<Answer> {
    for (;;) {
      const asked = { token: this.#tokenOf('admin'), headers: { prefer: 'wait=300' } };
      const { answer } = await this.mortals.insist(`operation ${id}`, () =>
        this.mortals.station.ask('GET', `/operations/${id}`, undefined, asked),
      );
      if (answer.status !== 200) throw new Error(`operation ${id} is lost: ${answer.text}`);
      if (['queued', 'running'].includes(answer.body.state as string)) continue;
      machine.ended(id, answer);
      return answer;
    }
  }

  /** Waits until all that was ordered has ended, and looks at what the machine has carried out. */
  async #count(machine: ModelledMachine): Promise<void> {
    for (const id of machine.pending.keys()) await this.#ended(machine, id);
    const { fqdn } = machine;
    await until(`nothing is under way with ${fqdn}`, async () => {
      const { answer } = await this.mortals.insist(`orders of ${fqdn}`, () =>
        this.mortals.daemon.asAdmin('GET', `/v2/obms/${fqdn}`),
      );
      const { orders } = JSON.parse(answer.text) as { orders?: number };
      return answer.status === 404 || orders === 0;
    });
    const orders = this.mortals.proxy.orders.filter(({ label }) => label === fqdn);
    mustBeRight(machine.count(orders.filter(({ action }) => action === 'reset').length));
  }

  /** All that is known must be so: who may ask for it, what the station says, and which tokens the daemon takes. */
  async #check(machine: ModelledMachine): Promise<void> {
    const { fqdn, obm, owner } = machine;
    for (const by of ['admin', ...projects] as const) {
      const state = await this.#stateSeen(fqdn, by);
      const mayKnow = by === 'admin' || by === owner;
      const none = mayKnow ? 'obm-not-registered' : 'unknown-host';
      const expected = mayKnow && obm !== 'unregistered' ? obm : none;
      if (state !== expected) throw new Error(`${machine.now}, and ${by} is told ${state}`);
    }
    const good = await this.#good(fqdn);
    const newest = this.mortals.proxy.tokensOf(fqdn).slice(-1);
    const expected = obm === 'enabled' ? newest : [];
    if (good.join() !== expected.join())
      throw new Error(`${machine.now}, and ${good.length} tokens work`);
    for (const token of machine.over) {
      const headers = { authorization: `Bearer ${token}` };
      const { answer } = await this.mortals.insist(`a connection to ${fqdn}`, () =>
        statusOf(`${this.mortals.daemon.url}/v2/obms/${fqdn}/console`, headers),
      );
      if (![401, 429].includes(answer.status))
        throw new Error(`${machine.now}, and a connection that is over lets in: ${answer.status}`);
    }
  }

  /** Nobody knows what came of a call. None works where the log says disabled; where it says enabled, no older one. */
  async #doubt({ fqdn }: ModelledMachine): Promise<void> {
    const { proxy } = this.mortals;
    // What was sent by who is dead may be read after that.
    await proxy.settled();
    const state = await this.#stateSeen(fqdn, 'admin');
    const good = await this.#good(fqdn);
    const newest = proxy.tokensOf(fqdn).at(-1);
    const isRight =
      state === 'enabling'
        ? good.length <= 1
        : good.every((token) => state === 'enabled' && token === newest);
    if (!isRight) throw new Error(`${fqdn} is ${state}, and ${good.length} tokens work`);
  }

  async #stateSeen(fqdn: string, by: Act['by']): Promise<string> {
    const asked = { token: this.#tokenOf(by) };
    const { answer } = await this.mortals.insist(`${by} looks at ${fqdn}`, () =>
      this.mortals.station.ask('GET', `/hosts/${fqdn}/obm`, undefined, asked),
    );
    return (answer.status === 200 ? answer.body.state : answer.body.code) as string;
  }

  /** Those of the newest tokens that the daemon takes. */
  async #good(fqdn: string): Promise<string[]> {
    const good: string[] = [];
    for (const token of this.mortals.proxy.tokensOf(fqdn).slice(-tokensMax)) {
      const headers = { authorization: `Bearer ${token}` };
      const { answer } = await this.mortals.insist(`a token of ${fqdn}`, () =>
        this.mortals.daemon.ask('GET', `/v2/obms/${fqdn}`, undefined, headers),
      );
      if (answer.status === 200) good.push(token);
    }
    return good;
  }

  #tokenOf(by: Act['by']): string {
    return by === 'admin' ? this.mortals.admin : this.#members.get(by)!;
  }
}

/** After these nobody is let in by what was good before. */
const ending: readonly Verb[] = ['reissue', 'disable', 'unregister'];

/** Of an answer that may go on for ever. */
const statusOf = async (
  url: string,
  headers: Record<string, string>,
): Promise<{ readonly status: number; readonly text: string }> => {
  const stop = new AbortController();
  const { status } = await fetch(url, { headers, signal: stop.signal });
  stop.abort();
  return { status, text: '' };
};

const within = async (what: string, holds: Promise<unknown>): Promise<void> => {
  let isSo = false;
  void holds.then(() => (isSo = true));
  await until(what, () => isSo);
};

/** What is done in each state, as often as it is here; some of it is refused. */
const usual: Readonly<Record<ObmNow, readonly Verb[]>> = {
  unregistered: [...Array.from({ length: 6 }, () => 'register' as const), 'attach', 'power'],
  disabled: [
    ...Array.from({ length: 6 }, () => 'enable' as const),
    ...(['reissue', 'attach', 'attach', 'detach', 'detach', 'disable', 'unregister'] as const),
  ],
  enabled: [
    ...Array.from({ length: 8 }, () => 'power' as const),
    ...Array.from({ length: 3 }, () => ['reissue', 'disable', 'console'] as const).flat(),
    ...(['enable', 'detach', 'attach', 'register', 'unregister'] as const),
  ],
};
