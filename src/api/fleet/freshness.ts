/** What is told is no older than whoever asks would have it: what is older is looked at again, once for all who ask. */

import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { startCheckRun } from '../../contract/checks.ts';
import type { Freshened } from '../../contract/fleet.ts';
import type { Asker } from '../../station/fair-use/long-reads.ts';
import { Share, waitLimits } from '../../station/fair-use/shares.ts';
import type { Turn } from '../../station/fair-use/turns.ts';
import type { Station } from '../../station/station.ts';
import { askerOf } from '../asker.ts';
import { mustBeLetInto } from '../auth.ts';
import { ApiError } from '../errors.ts';
import type { Asked } from './asked.ts';
import { Once } from './once.ts';

export interface Wish {
  readonly max_age?: number | undefined;
  readonly wait?: number | undefined;
}

export interface Scope {
  /** Absent: all machines. */
  readonly machines: Iterable<string> | undefined;
  /** Ids of checks. */
  readonly checks: readonly string[];
}

interface Sought {
  /** Absent: all machines. */
  readonly named: readonly string[] | undefined;
  readonly checks: readonly string[];
  /** s */
  readonly maxAge: number;
}

/** Machines of which ages are looked at in one go, between two looks at whether others want a turn. */
const machinesAtOnce = 64;

export class Freshness {
  readonly #station: Station;
  readonly #waits = new Share('waits for check runs', waitLimits);
  readonly #beginning = new Once<string | null>();
  /** Runs that may be under way, by what they were begun for. */
  readonly #runs = new Map<string, string>();

  constructor(station: Station) {
    this.#station = station;
  }

  /**
   * Looks at what is too old, and waits for that as long as the wish is.
   *
   * @returns undefined: nothing was wished
   * @throws {ApiError} whoever asks may not look at machines
   */
  async bring(
    request: FastifyRequest,
    reply: FastifyReply,
    { max_age: maxAge, wait = 0 }: Wish,
    scope: () => Scope,
  ): Promise<Freshened | undefined> {
    if (maxAge === undefined) {
      if (wait === 0) return undefined;
      throw new ApiError('invalid-request', 'wait goes with max_age', { field: 'wait' });
    }
    const { runs } = this.#station.checks;
    mustBeLetInto(startCheckRun, this.#station.graph, request);
    const { machines, checks } = scope();
    const named = machines && [...machines];
    const asker = askerOf(reply);
    const key = hash('sha256', JSON.stringify([named ?? null, checks, maxAge]));
    const begin = (): Promise<string | null> => this.#begin(asker, key, { named, checks, maxAge });
    const id = this.#underWay(key) ?? (await this.#beginning.do(key, begin));
    if (id === null) return { run: null, looks: 0, pending: 0 };
    if (wait > 0)
      await this.#waits.during(asker.principal, () => runs.end(id, wait * 1000, asker.signal));
    const { total = 0, pending = 0 } = runs.of(id) ?? {};
    return { run: id, looks: total, pending };
  }

  /** Who asks for what is being looked at waits for the same. */
  #underWay(key: string): string | undefined {
    const id = this.#runs.get(key);
    const isUnderWay = id !== undefined && this.#station.checks.runs.of(id)?.ended === null;
    return isUnderWay ? id : undefined;
  }

  /** Null: nothing is too old. */
  async #begin(
    asker: Asker,
    key: string,
    { named, checks, maxAge }: Sought,
  ): Promise<string | null> {
    const { graph, checks: duty } = this.#station;
    const machines = named ?? Array.from(graph.all('host'), ({ fqdn }) => fqdn);
    const old = await this.#station.longReads.run(asker, (turn) =>
      this.#older(machines, checks, maxAge, turn),
    );
    if (old.size === 0) return null;
    for (const [other, id] of this.#runs)
      if (duty.runs.of(id)?.ended !== null) this.#runs.delete(other);
    const { id } = duty.runs.begin(asker.principal, [...old.keys()], checks, old);
    this.#runs.set(key, id);
    return id;
  }

  /** By machine, the checks whose last answer is too old, or which never had one. */
  async #older(
    machines: readonly string[],
    checks: readonly string[],
    maxAge: number,
    turn: Turn,
  ): Promise<Map<string, readonly string[]>> {
    const { observations } = this.#station;
    const since = this.#station.now() - maxAge * 1000;
    const old = new Map<string, readonly string[]>();
    for (const [i, machine] of machines.entries()) {
      const those = checks.filter((check) => {
        const found = observations.of(machine, check);
        return !found || found.observedAt <= since;
      });
      if (those.length > 0) old.set(machine, those);
      if (i % machinesAtOnce === 0 && turn.isOver) await turn.next();
    }
    return old;
  }
}

/** The checks that an answer shows and that can be asked: those that are named, or all that run by themselves. */
export const checksShown = (
  station: Station,
  { wanted, columns, hasColumns }: Pick<Asked, 'wanted' | 'columns' | 'hasColumns'>,
): readonly string[] => {
  const { catalogue, settings } = station.checks;
  const inColumns = new Set(columns.map(({ id }) => id.split('.')[0]!));
  const isShown = (id: string): boolean => {
    if (wanted) return wanted.has(id);
    return hasColumns ? inColumns.has(id) : settings.enabled.includes(id);
  };
  return catalogue.all
    .filter((check) => isShown(check.id) && station.checks.lackOf(check) === null)
    .map(({ id }) => id);
};
