/** Out-of-band managers: registered with OBM daemons, enabled and disabled. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type * as contract from '../../contract/obms.ts';
import type { Operation } from '../../contract/operations.ts';
import type { Done, DryRun } from '../../contract/outcome.ts';
import type { Command } from '../../core/commands/index.ts';
import type { OrderObm } from '../../core/commands/order-obm.ts';
import { startingActions } from '../../core/values/obm.ts';
import type { ObmOrder } from '../../core/values/obm.ts';
import type { Sender } from '../../station/access/sender.ts';
import { obmdUrl } from '../../station/obm/request.ts';
import type { Result } from '../../station/result.ts';
import type { Station } from '../../station/station.ts';
import type { Actions } from '../actions.ts';
import { principalOf } from '../asker.ts';
import { isMember } from '../auth.ts';
import type { Handlers } from '../bind.ts';
import { dryRun, isDryRun, refusal, senderOf } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { ageOf, asked, mustHaveObm } from '../obm-answers.ts';
import { json, pageText, read, readLong } from '../reads.ts';
import type { Paged } from '../reads.ts';
import { lentAfter, projectsSeen, seenBy } from '../sight.ts';
import { obmView } from '../views/obms.ts';
import { sightFor } from './obm-readings.ts';

const unknownPower = { state: 'unknown', since: null, orders: 0 } as const;

export const obmHandlers = (station: Station, actions: Actions): Handlers<typeof contract> => {
  const { obms } = station;

  /** Done by the station and an OBM daemon together; of a dry run only the station knows. */
  const run = async (
    request: FastifyRequest,
    reply: FastifyReply,
    command: Command,
    work: (sender: Sender) => Promise<Result<null>>,
  ): Promise<Done | DryRun> => {
    if (isDryRun(request)) return dryRun(station, request, command);
    const result = await asked(request, () => work(senderOf(request)));
    if (!result.ok) throw refusal(result.rejection);
    const { revision, changed } = result;
    reply.header('halcyon-revision', revision);
    return { revision, changed };
  };

  const give = (
    request: FastifyRequest,
    reply: FastifyReply,
    fqdn: string,
    order: ObmOrder,
    { waitUp, beginWithin }: Pick<OrderObm, 'waitUp' | 'beginWithin'> = {},
  ): Promise<Operation | DryRun> => {
    if (!isDryRun(request)) obms.looks.mustTake(principalOf(request));
    return actions.take(request, reply, {
      ...{ type: 'OrderObm', fqdn, order, by: principalOf(request) },
      ...(waitUp === undefined ? {} : { waitUp }),
      ...(beginWithin === undefined ? {} : { beginWithin }),
    });
  };

  return {
    listObms: (request, reply) =>
      readLong(station, reply, request.query.at, json, (moment, graph) => {
        const names = projectsSeen(station, request)?.map(({ name }) => name);
        const isSeen = seenBy(station, request, graph);
        const lent =
          names &&
          lentAfter(
            graph,
            names,
            ({ fqdn }) => isSeen(fqdn) && graph.get('registration', fqdn) !== undefined,
          );
        const paged: Paged<'registration'> = {
          kind: 'registration',
          keys: (after, count) =>
            lent ? lent(after, count) : graph.keysAfter('registration', after, count),
          view: (row) => obmView(moment.graph, row, isMember(request)),
        };
        return pageText(moment, paged, request.query);
      }),

    getObm: (request, reply) =>
      read(station, reply, request.query.at, ({ graph }) => {
        const row = mustHaveObm(graph, request.params.fqdn);
        return obmView(graph, row, isMember(request));
      }),

    registerObm: async (request, reply) => {
      const { fqdn } = request.params;
      const { label = fqdn, admin_token: admin, type, info, plain, obmd: given } = request.body;
      const { declared = false } = request.body;
      if ((type === undefined) !== (info === undefined))
        throw new ApiError('invalid-request', 'type and info go together', {
          field: type === undefined ? 'type' : 'info',
        });
      if (declared && type !== undefined)
        throw new ApiError('invalid-request', 'declared goes without type and info', {
          field: 'declared',
        });
      if (!station.graph.get('host', fqdn))
        throw new ApiError('unknown-host', `there is no host ${fqdn}`);
      const [obmd, as] = await asked(request, async () => {
        const said = type === undefined || info === undefined ? null : { type, info };
        return [obmdUrl(given, plain), declared ? obms.declared(fqdn) : said] as const;
      });
      const command = { type: 'RegisterObm', fqdn, obmd, label } as const;
      const done = await run(request, reply, command, (sender) =>
        obms.register({ fqdn, obmd, label, admin, as }, sender),
      );
      if ('changed' in done && done.changed) reply.code(201);
      return done;
    },

    unregisterObm: (request, reply) => {
      const { fqdn } = request.params;
      return run(request, reply, { type: 'UnregisterObm', fqdn }, (sender) =>
        obms.unregister(fqdn, sender),
      );
    },

    enableObm: (request, reply) => {
      const { fqdn } = request.params;
      return run(request, reply, { type: 'EnableObm', fqdn, anew: false }, (sender) =>
        obms.enable(fqdn, false, sender),
      );
    },

    reissueObm: (request, reply) => {
      const { fqdn } = request.params;
      return run(request, reply, { type: 'EnableObm', fqdn, anew: true }, (sender) =>
        obms.enable(fqdn, true, sender),
      );
    },

    powerObm: (request, reply) => {
      const { action, wait_up: waitUp, begin_within: beginWithin } = request.body;
      if (waitUp !== undefined && !startingActions.includes(action))
        throw new ApiError(
          'invalid-request',
          `wait_up is for ${startingActions.join(', ')}: after ${action} no host starts`,
          { field: 'wait_up' },
        );
      const { fqdn } = request.params;
      return give(request, reply, fqdn, { kind: 'power', action }, { waitUp, beginWithin });
    },

    setBootDevice: (request, reply) => {
      const { device, persistent = false, begin_within: beginWithin } = request.body;
      const order = { kind: 'boot-device', device, persistent } as const;
      return give(request, reply, request.params.fqdn, order, { beginWithin });
    },

    setLight: (request, reply) => {
      const { light, begin_within: beginWithin } = request.body;
      return give(request, reply, request.params.fqdn, { kind: 'light', light }, { beginWithin });
    },

    refreshObm: (request, reply) => {
      const { what = ['power', 'identity'] } = request.body;
      return give(request, reply, request.params.fqdn, { kind: 'refresh', what });
    },

    getPower: async (request) => {
      const { fqdn: host } = request.params;
      const sight = await sightFor(station, actions, request, (wish) =>
        obms.sights.power(host, wish),
      );
      const { state, since, orders } = sight.value ?? unknownPower;
      return { host, state, since, orders, ...ageOf(request, sight) };
    },

    disableObm: (request, reply) => {
      const { fqdn } = request.params;
      const epoch = station.graph.get('registration', fqdn)?.epoch ?? 0;
      return run(request, reply, { type: 'DisableObm', fqdn, epoch }, (sender) =>
        obms.disable(fqdn, sender),
      );
    },
  };
};
