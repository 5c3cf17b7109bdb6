/**
 * What is known of all machines without asking any, as far as it has changed: a station asks for it again and again, and
 * says with it how often machines are to be looked at. And a look at one machine, shared by all who want one.
 */

import { setImmediate as turn } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Obm } from '../catalogue/obms.ts';
import { ObmError } from '../errors.ts';
import { lookedAt } from '../machine.ts';
import type { LookedAt } from '../machine.ts';
import type { Obmd } from '../obmd.ts';
import type { Pacing } from '../pacing.ts';
import type { Random } from '../time.ts';
import { nullable, oneOf } from '../schema.ts';
import { fitting } from './bodies.ts';
import type { Callers, OfObm } from './callers.ts';
import { powerOf } from './view.ts';
import type { ObmView } from './view.ts';

const closed = { additionalProperties: false };
const day = 86_400_000;
const Period = Type.Integer({ minimum: 0, maximum: day });

const observedBody = Compile(
  Type.Object(
    {
      /** Of the answer before. */
      since: Type.Optional(
        Type.Object({ run: Type.String({ maxLength: 64 }), at: Type.Integer({ minimum: 0 }) }),
      ),
      pacing: Type.Optional(
        Type.Object(
          {
            power_ms: Type.Optional(Period),
            validate_ms: Type.Optional(Period),
            events_ms: Type.Optional(Period),
            fresh_ms: Type.Optional(Period),
            per_network_second: Type.Optional(Type.Integer({ minimum: 1, maximum: 99_999 })),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
);

interface ObservedBody {
  readonly since?: { readonly run: string; readonly at: number };
  readonly pacing?: {
    readonly power_ms?: number;
    readonly validate_ms?: number;
    readonly events_ms?: number;
    readonly fresh_ms?: number;
    readonly per_network_second?: number;
  };
}

const refreshBody = Compile(
  Type.Object(
    {
      what: Type.Array(oneOf(lookedAt), { minItems: 1, maxItems: lookedAt.length }),
      /** What was looked at so short ago is not looked at again, ms. */
      fresh_ms: Type.Optional(nullable(Period)),
    },
    closed,
  ),
);

/** Times in ms since the epoch. */
export interface ObservedView extends Pick<
  ObmView,
  'label' | 'power' | 'look' | 'next_try' | 'orders' | 'console'
> {
  /** Who answered last, and when. */
  readonly identity: object | null;
  /** The last try to find that out. */
  readonly validated: ObmView['look'];
}

/** OBMs that are compared in one turn, and that one answer tells of. */
const [sliceRows, answerRows] = [500, 2_000];

export const observedOf = (obmd: Obmd, obm: Obm): ObservedView => {
  const { label } = obm;
  const machine = obmd.findMachine(label);
  const console = obmd.consoles.get(label)?.glance();
  return {
    label,
    power: powerOf(machine, obm),
    look: machine?.look ?? null,
    next_try: machine?.nextTry ?? null,
    orders: machine?.orders ?? 0,
    identity: machine?.identity ?? null,
    validated: machine?.validated ?? null,
    console: console ?? null,
  };
};

/** Who has changed since when. */
class Changes {
  /** Another one after each start of the daemon: then all is told anew. */
  readonly run: string;
  readonly #obmd: Obmd;
  readonly #known = new Map<string, { readonly id: string; key: string; at: number }>();
  #at = 0;

  constructor(obmd: Obmd, random: Random) {
    this.#obmd = obmd;
    this.run = random(8).toString('hex');
  }

  get at(): number {
    return this.#at;
  }

  /** Those that have changed after `at`; those that changed longest ago first. */
  async after(at: number): Promise<{ readonly obm: Obm; readonly at: number }[]> {
    const found: { obm: Obm; at: number }[] = [];
    const all = [...this.#obmd.obms()];
    for (let from = 0; from < all.length; from += sliceRows) {
      if (from > 0) await turn();
      for (const obm of all.slice(from, from + sliceRows)) {
        const changed = this.#compare(obm);
        if (changed > at) found.push({ obm, at: changed });
      }
    }
    if (this.#known.size > 2 * all.length + sliceRows) this.#forgetGone();
    return found.sort((a, b) => a.at - b.at);
  }

  #compare(obm: Obm): number {
    const { label, id } = obm;
    const machine = this.#obmd.findMachine(label);
    const console = this.#obmd.consoles.get(label)?.glance();
    const { power, look, validated, orders = 0, nextTry } = machine ?? {};
    const seen = `${power?.at} ${power?.state} ${look?.at} ${validated?.at} ${orders} ${nextTry}`;
    const key = `${seen} ${console?.link} ${console?.viewers} ${obm.power?.since}`;
    const known = this.#known.get(label);
    if (known?.id === id && known.key === key) return known.at;
    this.#at += 1;
    this.#known.set(label, { id, key, at: this.#at });
    return this.#at;
  }

  #forgetGone(): void {
    for (const label of this.#known.keys()) if (!this.#obmd.obm(label)) this.#known.delete(label);
  }
}

export interface ObservedParts {
  readonly obmd: Obmd;
  readonly callers: Callers;
  readonly random: Random;
}

export const registerObserved = (
  app: FastifyInstance,
  { obmd, callers, random }: ObservedParts,
): void => {
  const changes = new Changes(obmd, random);

  app.post('/v2/observed', async (request, reply) => {
    callers.mustBeAdmin(request);
    const { since, pacing } = fitting(observedBody, request.body) as ObservedBody;
    if (pacing) obmd.pacing.tell(pacingOf(pacing));
    const after = since?.run === changes.run ? since.at : 0;
    const changed = await changes.after(after);
    const told = changed.slice(0, answerRows);
    const at = told.length < changed.length ? told.at(-1)!.at : changes.at;
    const answer = {
      run: changes.run,
      at,
      now: obmd.now(),
      more: told.length < changed.length,
      works: obmd.works,
      observed: told.map(({ obm }) => observedOf(obmd, obm)),
    };
    return reply.type('application/json').send(JSON.stringify(answer));
  });

  app.post<OfObm>('/v2/obms/:label/refresh', async (request, reply) => {
    const caller = callers.either(request);
    const { label } = caller;
    const { what, fresh_ms: fresh } = fitting(refreshBody, request.body) as {
      what: LookedAt[];
      fresh_ms?: number | null;
    };
    const freshMs = fresh ?? obmd.pacing.now.freshMs;
    const failed = await obmd.machine(label).refresh(what, freshMs);
    callers.mustStillBeIn(caller);
    const obm = obmd.obm(label);
    const problems = Object.entries(failed).map(([of, error]) => ({
      what: of,
      reason: error instanceof ObmError ? error.reason : 'internal',
      detail: error.message,
    }));
    const observed = obm ? observedOf(obmd, obm) : null;
    return reply
      .type('application/json')
      .send(JSON.stringify({ now: obmd.now(), observed, failed: problems }));
  });
};

const pacingOf = (pacing: NonNullable<ObservedBody['pacing']>): Partial<Pacing> => {
  const { power_ms, validate_ms, events_ms, fresh_ms, per_network_second } = pacing;
  return {
    ...(power_ms === undefined ? {} : { powerMs: power_ms }),
    ...(validate_ms === undefined ? {} : { validateMs: validate_ms }),
    ...(events_ms === undefined ? {} : { eventsMs: events_ms }),
    ...(fresh_ms === undefined ? {} : { freshMs: fresh_ms }),
    ...(per_network_second === undefined ? {} : { perNetworkSecond: per_network_second }),
  };
};
