/** Since when checks find of machines what they find: only of those that are not well, as nobody asks of the others. */

import type { Observation } from '../../checks/observation.ts';
import type { Observations } from '../observations/observations.ts';

interface Found extends Pick<Observation, 'check' | 'verdict'> {
  readonly cause?: Observation['cause'] | undefined;
}

interface Lasting extends Found {
  readonly since: number;
}

/** What says that somebody did not answer. */
const isSilence = ({ check, verdict, cause }: Found): boolean =>
  (check === 'ping' || check === 'ssh' || check === 'tcp') &&
  verdict === 'fail' &&
  (cause === 'silent' || cause === 'timeout');

/** A machine that does not answer goes on to be silent, whether that is known by a limit or by the network. */
const goesOn = (before: Lasting, now: Observation): boolean =>
  (before.verdict === now.verdict && before.cause === now.cause) ||
  (isSilence(before) && isSilence(now));

const isWell = ({ verdict }: Observation): boolean =>
  verdict === 'ok' || verdict === 'skipped' || verdict === 'unknown';

export class LastingFindings {
  readonly #byMachine = new Map<string, Map<string, Lasting>>();
  readonly #silent = new Set<string>();

  /** Follows observations from now on; what is known by then is taken to be as old as it was seen. */
  constructor(observations: Observations) {
    for (const machine of observations.machines) this.#takeAll(observations.allOf(machine));
    observations.changed(({ observations: seen, forgotten }) => {
      for (const machine of forgotten) this.#forget(machine);
      this.#takeAll(seen);
    });
  }

  /** ms since the epoch */
  sinceOf({ machine, check, observedAt }: Observation): number {
    return this.#byMachine.get(machine)?.get(check)?.since ?? observedAt;
  }

  /** Machines of which a check says that they did not answer. */
  get silent(): ReadonlySet<string> {
    return this.#silent;
  }

  #takeAll(observations: readonly Observation[]): void {
    for (const observation of observations) this.#take(observation);
  }

  #take(observation: Observation): void {
    const { machine, check, verdict, cause, observedAt } = observation;
    const known = this.#byMachine.get(machine);
    if (isWell(observation)) {
      if (known?.delete(check) && known.size === 0) this.#byMachine.delete(machine);
    } else {
      const before = known?.get(check);
      const since = before && goesOn(before, observation) ? before.since : observedAt;
      const lasting = { check, verdict, cause, since };
      if (known) known.set(check, lasting);
      else this.#byMachine.set(machine, new Map([[check, lasting]]));
    }
    if (isSilence(observation)) this.#silent.add(machine);
    else if (!this.#byMachine.has(machine)) this.#silent.delete(machine);
  }

  #forget(machine: string): void {
    this.#byMachine.delete(machine);
    this.#silent.delete(machine);
  }
}
