/** Orders about power by Redfish: sent once, and only as the service offers them. */

import { ObmError } from '../../errors.ts';
import { pause } from '../../time.ts';
import type { Time } from '../../time.ts';
import type { PowerAction, PowerObservation, PowerOutcome, PowerState } from '../driver.ts';
import { darkChassisOf } from './chassis.ts';
import { refusal } from './errors.ts';
import { listAt, objectAt, pathIn, textAt, textsAt } from './resource.ts';
import type { Json, Resource } from './resource.ts';
import type { Session } from './session.ts';
import type { Systems } from './system.ts';
import { LostAnswer } from './transport.ts';
import type { Answer } from './transport.ts';

/** Between two looks at what an order has done, ms; a management processor is not to be asked more often. */
const lookMs = 3_000;
/** Looks after an order that was taken, after one of which nobody knows, and until what is under way is done. */
const looksTaken = 2;
const looksLost = 5;
const looksOff = 15;

const states: Readonly<Record<string, PowerState>> = {
  On: 'on',
  Off: 'off',
  PoweringOn: 'powering-on',
  PoweringOff: 'powering-off',
  Paused: 'paused',
};

export const stateOf = ({ json }: Resource): PowerState =>
  states[textAt(json, 'PowerState') ?? ''] ?? 'unknown';

export const observationOf = (system: Resource): PowerObservation => {
  const state = stateOf(system);
  return { state, detail: state === 'unknown' ? 'the service does not say' : null };
};

/** What is sent for an action, the best first, and what that really is. */
const wordsFor: Readonly<Record<PowerAction, readonly (readonly [string, PowerAction])[]>> = {
  on: [
    ['On', 'on'],
    ['ForceOn', 'on'],
  ],
  off: [['ForceOff', 'off']],
  soft: [['GracefulShutdown', 'soft']],
  cycle: [['PowerCycle', 'cycle']],
  reset: [
    ['ForceRestart', 'reset'],
    ['PowerCycle', 'cycle'],
  ],
  'diagnostic-interrupt': [['Nmi', 'diagnostic-interrupt']],
};

interface Reset {
  readonly target: string;
  /** null: the service does not say. */
  readonly offered: readonly string[] | null;
}

/** The machine was switched off, which is not nothing. */
const notBack = (why: unknown): PowerOutcome => {
  const told = why instanceof Error ? `: ${why.message}` : '';
  const reason = new ObmError(
    'outcome-unknown',
    `it was switched off and is not known to be on again${told}`,
  );
  return { outcome: 'unknown', by: 'nothing', instead: null, reason };
};

export class PowerOrders {
  readonly #session: Session;
  readonly #systems: Systems;
  readonly #time: Time;

  constructor(session: Session, systems: Systems, time: Time) {
    this.#session = session;
    this.#systems = systems;
    this.#time = time;
  }

  /** A machine that is off is switched on where it is to be cycled or reset, which is what both end in. */
  async give(action: PowerAction, signal: AbortSignal): Promise<PowerOutcome> {
    const system = await this.#systems.readAnew(signal);
    const state = stateOf(system);
    if (isThere(action, state)) return seen(null);
    const reset = await this.#resetOf(system, signal);
    const real = state === 'off' && (action === 'cycle' || action === 'reset') ? 'on' : action;
    const [word, meaning] = chosen(real, reset) ?? [];
    if (word === undefined || meaning === undefined) return this.#inSteps(action, system, signal);
    const instead = meaning === action ? null : meaning;
    return { ...(await this.#order(word, meaning, system, reset, signal)), instead };
  }

  /** Off, and on when it is seen to be off: a service that cannot cycle. Where off fails there is no on. */
  async #inSteps(
    action: PowerAction,
    system: Resource,
    signal: AbortSignal,
  ): Promise<PowerOutcome> {
    const reset = await this.#resetOf(system, signal);
    const [off] = chosen('off', reset) ?? [];
    const [on] = chosen('on', reset) ?? [];
    const canStep = action === 'cycle' || action === 'reset';
    if (!canStep || off === undefined || on === undefined) {
      if (action === 'cycle' && chosen('reset', reset)?.[0] === 'ForceRestart') {
        const outcome = await this.#order('ForceRestart', 'reset', system, reset, signal);
        return { ...outcome, instead: 'reset' };
      }
      throw new ObmError('unsupported', `the service offers nothing that is ${action}`);
    }
    const instead = action === 'cycle' ? null : 'cycle';
    const stopped = await this.#order(off, 'off', system, reset, signal);
    if (stopped.outcome !== 'done') return { ...stopped, instead };
    const isOff =
      stopped.by === 'state' || (await this.#watch(looksOff, (now) => now === 'off', signal));
    if (!isOff) {
      const reason = new ObmError('busy', 'it was not seen to be off, so it was not switched on');
      return { outcome: 'unknown', by: 'nothing', instead, reason };
    }
    const started = await this.#order(on, 'on', system, reset, signal).catch(notBack);
    return { ...(started.outcome === 'done' ? started : notBack(started.reason)), instead };
  }

  async #order(
    word: string,
    action: PowerAction,
    system: Resource,
    { target }: Reset,
    signal: AbortSignal,
  ): Promise<PowerOutcome> {
    let answer: Answer;
    try {
      answer = await this.#session.post(target, { ResetType: word }, signal);
    } catch (error) {
      if (!(error instanceof LostAnswer)) throw error;
      return this.#find(action, system, error, signal);
    }
    const { status } = answer;
    if (status >= 200 && status < 300) {
      const isSeen = await this.#watch(looksTaken, (now) => isThere(action, now), signal);
      return isSeen ? seen(null) : { ...seen(null), by: 'answer' };
    }
    const error = refusal(answer, `to ${action}`);
    // Only a gateway, or a fault halfway, leaves open what became of it.
    if (status >= 500 && status !== 501 && status !== 503)
      return this.#find(action, system, error, signal);
    const now = await this.#look(signal);
    const state = now === null ? 'unknown' : stateOf(now);
    if (isThere(action, state)) return seen(null);
    const follows = (later: PowerState): boolean => isThere(action, later);
    if (isUnderWay(action, state) && (await this.#watch(looksOff, follows, signal)))
      return seen(null);
    const dark = action === 'on' && now ? await darkChassisOf(this.#session, now, signal) : null;
    const why = dark === null ? `the machine is ${state}` : `its chassis ${dark} is off`;
    const reason = new ObmError(error.reason, `${error.message}; ${why}`);
    return { outcome: 'not-done', by: 'answer', instead: null, reason };
  }

  /** Nobody knows whether it was carried out; what is seen of the machine may show it. */
  async #find(
    action: PowerAction,
    before: Resource,
    reason: Error,
    signal: AbortSignal,
  ): Promise<PowerOutcome> {
    const wasOn = stateOf(before) === 'on';
    const since = textAt(before.json, 'LastResetTime');
    const hasHappened = (state: PowerState, json: Json): boolean => {
      if (isThere(action, state)) return true;
      if (action !== 'cycle' && action !== 'reset') return false;
      const last = textAt(json, 'LastResetTime');
      return (last !== null && since !== null && last !== since) || (wasOn && isAway(state));
    };
    if (await this.#watch(looksLost, hasHappened, signal)) return seen(null);
    return { outcome: 'unknown', by: 'nothing', instead: null, reason };
  }

  async #watch(
    looks: number,
    holds: (state: PowerState, json: Json) => boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (let look = 0; look < looks && !signal.aborted; look++) {
      if (look > 0) await pause(this.#time, lookMs, signal);
      const system = await this.#look(signal);
      if (system && holds(stateOf(system), system.json)) return true;
    }
    return false;
  }

  #look(signal: AbortSignal): Promise<Resource | null> {
    return this.#systems.read(signal).catch(() => null);
  }

  async #resetOf({ json }: Resource, signal: AbortSignal): Promise<Reset> {
    const action = objectAt(json, 'Actions', '#ComputerSystem.Reset');
    const target = pathIn(textAt(action, 'target') ?? '');
    if (target === null) throw new ObmError('unsupported', 'the service offers no orders');
    const listed = textsAt(action, 'ResetType@Redfish.AllowableValues');
    if (listed !== null) return { target, offered: listed };
    const info = pathIn(textAt(action, '@Redfish.ActionInfo') ?? '');
    if (info === null) return { target, offered: null };
    const parameters = listAt((await this.#session.get(info, signal)).json, 'Parameters');
    const type = parameters.find((one) => textAt(one, 'Name') === 'ResetType');
    return { target, offered: textsAt(type, 'AllowableValues') };
  }
}

const chosen = (action: PowerAction, { offered }: Reset): readonly [string, PowerAction] | null =>
  wordsFor[action].find(([word]) => offered === null || offered.includes(word)) ?? null;

/** What was asked for is so already. To cycle and to reset never are. */
const isThere = (action: PowerAction, state: PowerState): boolean =>
  action === 'on' ? state === 'on' : (action === 'off' || action === 'soft') && state === 'off';

/** It was refused because it is being done. */
const isUnderWay = (action: PowerAction, state: PowerState): boolean =>
  (action === 'on' && state === 'powering-on') ||
  ((action === 'off' || action === 'soft') && state === 'powering-off');

const isAway = (state: PowerState): boolean =>
  state === 'off' || state === 'powering-off' || state === 'powering-on';

const seen = (instead: PowerAction | null): PowerOutcome => ({
  ...{ outcome: 'done', by: 'state', instead, reason: null },
});
