/** Power: one order, and what became of it. */

import { IpmiError } from '../errors.ts';
import { usualPatience } from '../time.ts';
import type { Session } from '../session/session.ts';
import { getChassisStatus } from './chassis.ts';
import { netFns } from './command.ts';
import type { Command } from './command.ts';

const numbers = {
  off: 0,
  on: 1,
  cycle: 2,
  reset: 3,
  'diagnostic-interrupt': 4,
  /** A request to the operating system, which may ignore it. */
  soft: 5,
} as const;

export type PowerAction = keyof typeof numbers;

/** IPMI 2.0 §28.3. An order: sent once. `controlPower` also finds out what became of it. */
export const chassisControl: Command<PowerAction, void> = {
  name: 'Chassis Control',
  netFn: netFns.chassis,
  code: 0x02,
  repeatable: false,
  encode: (action) => Buffer.of(numbers[action]),
  decode: () => undefined,
  refusals: { 0x80: ['refused', 'the BMC does not do this'] },
};

export interface PowerOutcome {
  /**
   * - `done`: the BMC has taken the order, or the machine is seen to have followed it
   * - `not-done`: the order was refused or never left; or it is `on` or `off`, was not answered, and the
   *   BMC says after all the time that the machine is as it was
   * - `unknown`: it may have been carried out or not. Nothing is sent again.
   */
  readonly outcome: 'done' | 'not-done' | 'unknown';
  /** Whence this is known. */
  readonly by: 'answer' | 'state' | 'nothing';
  /** Whether the machine was on when last seen; null where that is unknown. */
  readonly on: boolean | null;
  /** Why, where it is not done or unknown. */
  readonly error: IpmiError | null;
}

export interface PowerOptions {
  /** How long to look for an outcome after the order, ms: 20,000 unless said. */
  readonly observeMs?: number;
  /** Pause between two looks, ms: 1,000 unless said. */
  readonly everyMs?: number;
  /** Where it is aborted before the order is sent, it is not sent, and the promise rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** What an unanswered order leads to when the machine is seen so; undefined while that says nothing. */
const seenDone = (action: PowerAction, before: boolean, now: boolean): boolean => {
  if (action === 'on') return now;
  if (action === 'off') return !now;
  if (action === 'soft') return before && !now;
  // A cycle is seen by its dark half; one from off is seen by its light one.
  return action === 'cycle' && now !== before;
};

/** Whether one may go by the state when nothing has changed: to give the order again harms nobody. */
const isRepeatableByMeaning = (action: PowerAction): boolean => action === 'on' || action === 'off';

type Settled = { readonly error: IpmiError | null };

class Look {
  readonly #session: Session;
  readonly #action: PowerAction;
  readonly #before: boolean;
  #on: boolean | null = null;

  constructor(session: Session, action: PowerAction, before: boolean) {
    this.#session = session;
    this.#action = action;
    this.#before = before;
  }

  /** Looks once; an outcome where the machine shows it. */
  async once(): Promise<PowerOutcome | null> {
    try {
      this.#on = (await this.#session.send(getChassisStatus)).on;
    } catch {
      this.#on = null;
      return null;
    }
    if (!seenDone(this.#action, this.#before, this.#on)) return null;
    return { outcome: 'done', by: 'state', on: this.#on, error: null };
  }

  answered({ error }: Settled): PowerOutcome | null {
    const on = this.#on;
    if (error === null) return { outcome: 'done', by: 'answer', on, error };
    if (error.reason !== 'outcome-unknown') return { outcome: 'not-done', by: 'answer', on, error };
    return null;
  }

  inTheEnd(error: IpmiError): PowerOutcome {
    const on = this.#on;
    if (on !== null && isRepeatableByMeaning(this.#action))
      return { outcome: 'not-done', by: 'state', on, error };
    return { outcome: 'unknown', by: 'nothing', on, error };
  }
}

const noAnswer = (): IpmiError =>
  new IpmiError('outcome-unknown', 'Chassis Control: sent once and not answered');

/**
 * Gives an order about power, once, and finds out what became of it: by its answer, however late,
 * or by looking at the machine meanwhile. Does not wait until the machine has followed an order
 * that was answered. Rejects only with what shows that nothing was sent.
 */
export const controlPower = async (
  session: Session,
  action: PowerAction,
  { observeMs = 20_000, everyMs = 1_000, signal }: PowerOptions = {},
): Promise<PowerOutcome> => {
  const { time } = session;
  const before = (await session.send(getChassisStatus)).on;
  signal?.throwIfAborted();
  const look = new Look(session, action, before);
  const unwanted = new AbortController();
  const answer: Promise<Settled> = session
    .send(chassisControl, action, { signal: unwanted.signal })
    .then(
      () => ({ error: null }),
      (error: IpmiError) => ({ error }),
    );
  const deadline = time.monotonic() + observeMs;
  let settled: Settled | null = null;
  const within = (ms: number): Promise<null> =>
    new Promise((resolve) => time.after(ms, () => resolve(null)));
  try {
    for (let pause = usualPatience.firstMs; ; pause = everyMs) {
      settled ??= await Promise.race([answer, within(pause)]);
      const answered = settled === null ? null : look.answered(settled);
      if (answered !== null) return answered;
      if (settled !== null) await within(pause);
      const seen = await look.once();
      if (seen !== null) return seen;
      if (time.monotonic() >= deadline || !session.isOpen) break;
    }
    // What was read last may have taken long enough for the answer to come.
    settled ??= await Promise.race([answer, within(0)]);
    const answered = settled === null ? null : look.answered(settled);
    return answered ?? look.inTheEnd(settled?.error ?? noAnswer());
  } finally {
    unwanted.abort();
  }
};
