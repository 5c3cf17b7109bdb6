/**
 * Orders about power: their beginning is durable before anything is sent, each is sent once, whatever happens to us,
 * and what became of it is found out or said to be unknown.
 */

import type { Leading } from '../disk/heard-terms.ts';
import type { ObmEvent } from './catalogue/events.ts';
import type { BegunOrder } from './catalogue/obms.ts';
import type { Consoles } from './consoles.ts';
import type { PowerAction, PowerOutcome } from './drivers/driver.ts';
import { ObmError } from './errors.ts';
import type { ObmReason } from './errors.ts';
import type { Pass } from './gate.ts';
import type { Leaders } from './leaders.ts';
import type { ObmLogger } from './logger.ts';
import type { Machine } from './machine.ts';
import type { Rights } from './rights.ts';

/** Who asks: `admin`, or whoever has a token; and by which request. */
export interface Asker {
  readonly actor: string;
  readonly request: string;
  /** In which term of leadership a station does; absent: it is none, and nobody deposes it. */
  readonly leading?: Leading | null;
}

export interface PowerOrder {
  readonly action: PowerAction;
  /** What whoever gives it calls it, by which he knows it again when he is told of it. */
  readonly reference?: string | null;
}

export interface OrdersParts {
  readonly rights: Rights;
  readonly leaders: Leaders;
  /** Id of the registration that a label has now. */
  readonly idOf: (label: string) => string | undefined;
  readonly consoles: Consoles;
  readonly logger: ObmLogger;
  /** The daemon as an asker. */
  readonly myself: string;
  readonly machine: (label: string) => Machine;
  readonly record: (
    command: string,
    asker: Asker,
    decide: (add: (event: ObmEvent) => void) => void,
  ) => Promise<void>;
  readonly newId: () => string;
  /** The machine is about to change. */
  readonly soon: (machine: Machine) => void;
}

/** With these nothing was sent, or the OBM said that it did nothing. */
const certain: ReadonlySet<ObmReason> = new Set([
  ...(['credentials-refused', 'no-session-left', 'unsupported-suite', 'privilege'] as const),
  ...(['busy', 'refused', 'network', 'unsupported', 'settings', 'wrong-machine'] as const),
]);

export class Orders {
  readonly #parts: OrdersParts;

  constructor(parts: OrdersParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when it is known what became of it, or that nobody knows.
   *
   * @param pass what it was let in by, which must still hold when its turn comes
   * @throws {ObmError} nothing was sent, or as the driver says; {LabelError} there is no such OBM
   */
  async give(
    label: string,
    { action, reference = null }: PowerOrder,
    asker: Asker,
    pass?: Pass,
  ): Promise<PowerOutcome> {
    const { rights, consoles, record, idOf, newId, soon, leaders } = this.#parts;
    const machine = this.#parts.machine(label);
    const [order, id] = [newId(), idOf(label)];
    let hasBegun = false;
    const begin = async (right: AbortSignal): Promise<void> => {
      await record('Order', asker, (add) => {
        right.throwIfAborted();
        leaders.mustLead(asker);
        if (idOf(label) !== id) throw new ObmError('closed', 'the OBM is not registered any more');
        add({ type: 'OrderBegun', data: { label, order, action, reference } });
      });
      hasBegun = true;
      consoles.get(label)?.mark('power', `${action}, ordered by ${asker.actor}`);
    };
    let outcome: PowerOutcome;
    try {
      outcome = await rights.use(pass, (right) => machine.order(action, right, () => begin(right)));
    } catch (error) {
      if (!hasBegun) throw error;
      outcome = failed(error as Error);
      await this.#end(label, order, outcome);
      throw error;
    } finally {
      soon(machine);
    }
    await this.#end(label, order, outcome);
    return outcome;
  }

  /** An order that was begun by an earlier run is not given again: the state may show what became of it. */
  async settle(label: string, { id, action }: BegunOrder): Promise<void> {
    let state = 'unknown';
    try {
      state = (await this.#parts.machine(label).observePower()).state;
    } catch {
      // Unknown, then.
    }
    const isSeen = state === action;
    const outcome: PowerOutcome = {
      outcome: isSeen ? 'done' : 'unknown',
      by: isSeen ? 'state' : 'nothing',
      instead: null,
      reason: isSeen
        ? null
        : new Error(`the daemon ended after it had begun; the power is ${state}`),
    };
    await this.#end(label, id, outcome);
  }

  /** What became of it is known also where the log cannot be told; the next start finds out again. */
  async #end(label: string, order: string, outcome: PowerOutcome): Promise<void> {
    const { outcome: end, by, instead, reason } = outcome;
    const why = reason?.message.slice(0, 1024) ?? null;
    const data = { label, order, outcome: end, by, instead, why };
    const { record, myself: actor } = this.#parts;
    await record('EndOrder', { actor, request: order }, (add) =>
      add({ type: 'OrderEnded', data }),
    ).catch((error: unknown) =>
      this.#parts.logger.error({ obm: label, order, err: error }, 'its end is not in the log'),
    );
  }
}

/** Whatever went wrong after its beginning was recorded and is not certainly without effect. */
const failed = (error: Error): PowerOutcome => {
  const isCertain = error instanceof ObmError && certain.has(error.reason);
  const outcome = isCertain ? 'not-done' : 'unknown';
  return { outcome, by: isCertain ? 'answer' : 'nothing', instead: null, reason: error };
};
