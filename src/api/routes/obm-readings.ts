/** What out-of-band managers tell of their machines: as it was seen last, at once, and looked at anew where that is old. */

import type { FastifyRequest } from 'fastify';
import type * as contract from '../../contract/obm-readings.ts';
import type { Reading, ReadingOf } from '../../station/obm/readings.ts';
import type { Sight, Wish } from '../../station/obm/sights.ts';
import type { Station } from '../../station/station.ts';
import type { Actions } from '../actions.ts';
import { principalOf } from '../asker.ts';
import { mustBeAllowed } from '../auth.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';
import { ageOf, mustHaveObm } from '../obm-answers.ts';

/** May ask for what is not older than so. */
type Aged = FastifyRequest & {
  readonly params: { readonly fqdn: string };
  readonly query: { readonly max_age?: number };
};

/** What is known, after a look if the caller waits for one. @throws {ApiError} nobody may use the OBM */
export const sightFor = async <T>(
  station: Station,
  actions: Actions,
  request: Aged,
  see: (wish: Wish) => Sight<T> | undefined,
): Promise<Sight<T>> => {
  const { fqdn: host } = request.params;
  const { max_age: maxAge } = request.query;
  const must = (actor: string | null): Sight<T> => {
    mustHaveObm(station.graph, host);
    const sight = see({ actor, maxAge });
    if (sight) return sight;
    throw new ApiError('obm-disabled', `the OBM of ${host} is not enabled`);
  };
  const sight = must(principalOf(request));
  const waits = actions.waits(request) && sight.look !== null;
  if (!waits) return sight;
  await actions.hold(request, sight.look);
  // The machine may have changed hands meanwhile.
  mustBeAllowed(station.graph, request);
  return must(null);
};

export const obmReadingHandlers = (
  station: Station,
  actions: Actions,
): Handlers<typeof contract> => {
  const { sights } = station.obms;
  const reading = <R extends Reading>(request: Aged, what: R): Promise<Sight<ReadingOf<R>>> =>
    sightFor(station, actions, request, (wish) => sights.reading(request.params.fqdn, what, wish));

  return {
    getSensors: async (request) => {
      const { fqdn: host } = request.params;
      const sight = await reading(request, 'sensors');
      const { sensors, missing } = sight.value ?? { sensors: [], missing: [] };
      return { host, sensors: [...sensors], missing: [...missing], ...ageOf(request, sight) };
    },

    getSystemEvents: async (request) => {
      const { fqdn: host } = request.params;
      const sight = await reading(request, 'system-events');
      const { events } = sight.value ?? { events: [] };
      return { host, events: [...events], ...ageOf(request, sight) };
    },

    getInventory: async (request) => {
      const { fqdn: host } = request.params;
      const sight = await reading(request, 'inventory');
      const { parts } = sight.value ?? { parts: [] };
      return { host, parts: [...parts], ...ageOf(request, sight) };
    },

    identifyObm: async (request) => {
      const { fqdn: host } = request.params;
      const sight = await sightFor(station, actions, request, (wish) =>
        sights.identity(host, wish),
      );
      return { host, valid: validity(sight), ...(sight.value ?? nobody), ...ageOf(request, sight) };
    },

    getConsoleInfo: (request) => {
      const { fqdn: host } = request.params;
      mustHaveObm(station.graph, host);
      const sight = sights.console(host);
      if (!sight) throw new ApiError('obm-disabled', `the OBM of ${host} is not enabled`);
      const { link: state = null, viewers = 0, logged = false } = sight.value ?? {};
      return { host, state, viewers, logged, ...ageOf(request, sight) };
    },
  };
};

const nobody = { guid: null, serial: null, manufacturer: null, product: null, firmware: null };

/** With these an OBM has said no, or is another one. */
const refusing: ReadonlySet<string> = new Set([
  ...['credentials-refused', 'privilege', 'unsupported-suite', 'wrong-machine'],
]);

/** Silence proves nothing. */
const validity = ({ value, stale, trouble }: Sight<unknown>): boolean | null => {
  if (trouble) return refusing.has(trouble.reason) ? false : null;
  return value === null || stale ? null : true;
};
