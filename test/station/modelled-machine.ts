/** What must be true of a machine and its OBM, as far as the answers that came tell. */

import type { Simulator } from '../ipmi/simulator.ts';
import type { BadNetwork } from '../ipmi/bad-network.ts';
import type { ConsoleViewer } from '../obm/console-viewer.ts';
import type { Answer } from './harness.ts';

export const projects = ['climate', 'weather'] as const;
export type Project = (typeof projects)[number];

export type ObmNow = 'unregistered' | 'disabled' | 'enabled';
export type Verb =
  | 'enable'
  | 'reissue'
  | 'disable'
  | 'attach'
  | 'detach'
  | 'register'
  | 'unregister'
  | 'power'
  | 'console';

/** A call as one makes it who knows what state the machine is in. */
export interface Act {
  readonly verb: Verb;
  /** Who asks: the administrator, or a member of a project. */
  readonly by: 'admin' | Project;
  /** Of `attach` and `detach`. */
  readonly project: Project;
  /** Of `power`. */
  readonly action?: string;
}

interface Resets {
  /** That the machine had carried out when they were counted last. */
  seen: number;
  /** That the daemon had been told of then. */
  told: number;
}

export class ModelledMachine {
  readonly fqdn: string;
  readonly simulator: Simulator;
  readonly network: BadNetwork;
  /** Numbers of its own: what happens to another one changes nothing of them. */
  readonly roll: () => number;
  obm: ObmNow = 'unregistered';
  owner: Project | null = null;
  /** Tokens of console connections that ended with the right that they were for. */
  over: readonly string[] = [];
  /** Those who look at its console by a right that is good, as far as is known. */
  viewers: ConsoleViewer[] = [];
  /** Operations whose end is not known here, by their ids. */
  readonly pending = new Map<number, string>();
  /** Resets since the last count: so many must have been carried out, and so many may have been. */
  least = 0;
  most = 0;
  /** So many orders to reset have been accepted since then: the daemon is told of each once at the most. */
  ordered = 0;
  readonly counted: Resets = { seen: 0, told: 0 };

  constructor(fqdn: string, simulator: Simulator, network: BadNetwork, roll: () => number) {
    this.fqdn = fqdn;
    this.simulator = simulator;
    this.network = network;
    this.roll = roll;
  }

  /** For people. */
  get now(): string {
    return `${this.fqdn} is ${this.obm} and ${this.owner ?? 'nobody'}'s`;
  }

  one<T>(list: readonly T[]): T {
    return list[Math.floor(this.roll() * list.length)]!;
  }

  /**
   * Takes in how an act was answered.
   *
   * @param isRepeated it had been asked before, and nobody knows what came of that
   * @returns what is wrong with the answer; undefined: nothing
   */
  learn(act: Act, answer: Answer, isRepeated: boolean): string | undefined {
    const told = answer.status < 300 ? 'done' : (answer.body.code as string);
    const expected = this.#expected(act);
    const wasDone = isRepeated && act.verb === 'detach' && told === 'machine-not-attached';
    if (told !== expected && !(wasDone && expected === 'done'))
      return `${answer.status} ${answer.text}, instead of ${expected}, while ${this.now}`;
    if (expected === 'done') this.#follow(act);
    return undefined;
  }

  /** Takes in how an operation ended. */
  ended(id: number, { body }: Answer): void {
    const action = this.pending.get(id);
    this.pending.delete(id);
    if (action !== 'reset') return;
    const [failed] = body.failed as { state: string }[];
    const isInstead = (body.warnings as unknown[]).length > 0;
    if (body.state === 'succeeded' && !isInstead) this.least += 1;
    if ((body.state === 'succeeded' && !isInstead) || failed?.state === 'unknown') this.most += 1;
  }

  /**
   * Takes in what has happened since the last count, while nothing is under way.
   *
   * @param told orders to reset it that the daemon was ever told of
   * @returns what is wrong with that; undefined: nothing
   */
  count(told: number): string | undefined {
    const { seen: seenBefore, told: toldBefore } = this.counted;
    const { least, most, ordered } = this;
    const executed = this.simulator.executed.filter((one) => one === 'reset 1').length;
    const [resets, sent] = [executed - seenBefore, told - toldBefore];
    Object.assign(this.counted, { seen: executed, told });
    this.least = this.most = this.ordered = 0;
    if (sent > ordered) return `${this.now}: ${ordered} resets were ordered, and ${sent} sent`;
    return resets >= least && resets <= most
      ? undefined
      : `${this.now}: ${resets} resets, and not ${least} to ${most}`;
  }

  /** `done`, or the code of the refusal. */
  #expected({ verb, by, project }: Act): string {
    if (by !== 'admin' && by !== this.owner) return 'unknown-host';
    const isThere = this.obm !== 'unregistered';
    switch (verb) {
      case 'enable':
      case 'reissue':
      case 'disable':
        return isThere ? 'done' : 'obm-not-registered';
      case 'power':
      case 'console':
        if (!isThere) return 'obm-not-registered';
        return this.obm === 'enabled' ? 'done' : 'obm-disabled';
      case 'attach':
        if (this.owner !== null) return this.owner === project ? 'done' : 'machine-lent';
        return this.obm === 'enabled' ? 'obm-enabled' : 'done';
      case 'detach':
        if (this.owner !== project) return 'machine-not-attached';
        return this.obm === 'enabled' ? 'obm-enabled' : 'done';
      case 'unregister':
        return this.obm === 'enabled' ? 'obm-enabled' : 'done';
      case 'register':
        return 'done';
    }
  }

  #follow({ verb, project }: Act): void {
    if (verb === 'enable' || verb === 'reissue') this.obm = 'enabled';
    else if (verb === 'disable') this.obm = 'disabled';
    else if (verb === 'unregister') this.obm = 'unregistered';
    else if (verb === 'register' && this.obm === 'unregistered') this.obm = 'disabled';
    else if (verb === 'attach') this.owner = project;
    else if (verb === 'detach') this.owner = null;
  }
}
