/** Machines that are reinstalled and released, and who has one. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Operation } from '../../contract/operations.ts';
import type * as contract from '../../contract/procedures.ts';
import type { Holder, ProcedurePlan } from '../../contract/procedures.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import { parseFid } from '../../core/values/fid.ts';
import { reinstallUsual } from '../../core/values/procedures.ts';
import type { Plan } from '../../core/values/procedures.ts';
import { actorNames } from '../../station/queries/actor-names.ts';
import { holdingOf } from '../../station/queries/machine-holder.ts';
import type { Turn } from '../../station/queries/machine-holder.ts';
import type { Station } from '../../station/station.ts';
import type { Actions } from '../actions.ts';
import { principalOf } from '../asker.ts';
import { isMember } from '../auth.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';
import { stagesOf } from '../views/procedures.ts';

export const procedureHandlers = (
  station: Station,
  actions: Actions,
): Handlers<typeof contract> => {
  const order = async (
    request: FastifyRequest,
    reply: FastifyReply,
    fqdn: string,
    plan: Plan,
    beginWithin: number | undefined,
  ): Promise<Operation | ProcedurePlan> => {
    const by = principalOf(request);
    const command = { type: 'OrderProcedure', fqdn, plan, by, beginWithin } as const;
    const answer = await actions.take(request, reply, command);
    return 'dry_run' in answer ? { ...answer, stages: stagesOf(plan) } : answer;
  };

  const holder = async (fqdn: string, request: FastifyRequest): Promise<Holder> => {
    const { graph, log, index } = station;
    if (!graph.get('host', fqdn)) throw new ApiError('unknown-host', `there is no host ${fqdn}`);
    const { holder: has, waiting } = holdingOf(graph, fqdn);
    const paused = graph.get('maintenance', fqdn);
    const turns = has ? [has, ...waiting] : waiting;
    const by = [...turns.flatMap((turn) => turn.by), ...(paused ? [paused.by] : [])];
    const names = await actorNames({ graph, log, index }, isMember(request) ? [] : by);
    const maintenance = paused && {
      ...{ reason: paused.reason, by: paused.by, by_name: names.get(paused.by) ?? null },
      ...{ since: paused.since, until: paused.until },
    };
    const view = (turn: Turn): Held => turnView(turn, names);
    const found = {
      ...{ host: fqdn, holder: has && view(has), waiting: waiting.map(view) },
      maintenance: maintenance ?? null,
    };
    await station.settled();
    return found;
  };

  return {
    reinstallHost: (request, reply) => {
      const { wait_up = reinstallUsual, begin_within: beginWithin } = request.body;
      const { force = false } = request.query;
      const plan = { kind: 'reinstall', wait_up, force } as const;
      return order(request, reply, request.params.fqdn, plan, beginWithin);
    },

    releaseHost: (request, reply) => {
      const { force = false } = request.query;
      const plan = { kind: 'release', force } as const;
      return order(request, reply, request.params.fqdn, plan, request.body.begin_within);
    },

    getHolder: (request) => holder(request.params.fqdn, request),
    getNodeHolder: (request) => holder(hostOfNode(station.graph, request.params.fid), request),
  };
};

/** @param named by its fid, or by its host */
const hostOfNode = (graph: ReadGraph, named: string): string => {
  const fid = parseFid(named);
  if (fid === null) return named;
  const node = graph.get('node', fid);
  if (node) return node.host;
  throw new ApiError('unknown-node', `there is no node ${fid}`);
};

type Held = Holder['waiting'][number];

const turnView = (
  { operation, what, by, stage, since, beginBy }: Turn,
  names: ReadonlyMap<string, string>,
): Held => ({
  ...{ operation, what, by: [...by], stage, since, begin_by: beginBy },
  by_names: by.map((one) => names.get(one) ?? one),
});
