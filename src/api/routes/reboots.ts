/** Machines are rebooted because something is the matter with them. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type * as contract from '../../contract/reboots.ts';
import type { RebootBody } from '../../contract/reboots.ts';
import type { Operation } from '../../contract/operations.ts';
import type { ProcedurePlan } from '../../contract/procedures.ts';
import { varOf } from '../../core/graph/vars.ts';
import { rebootsUnderWay } from '../../core/lifecycle/reboots.ts';
import { blastRadius } from '../../core/values/reboots.ts';
import type { RebootVeto } from '../../checks/suggestions/may-reboot.ts';
import type { Station } from '../../station/station.ts';
import type { Actions } from '../actions.ts';
import { principalOf } from '../asker.ts';
import type { Handlers } from '../bind.ts';
import { isDryRun, isRepeated, senderOf } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { stagesOf } from '../views/procedures.ts';
import { drains, neverOverridden, rebootCommandOf } from '../many/reboots.ts';

export const rebootHandlers = (station: Station, actions: Actions): Handlers<typeof contract> => {
  const reboot = async (
    request: FastifyRequest,
    reply: FastifyReply,
    fqdn: string,
    body: RebootBody,
  ): Promise<Operation | ProcedurePlan> => {
    const { reason, override = false } = body;
    if (!station.graph.get('host', fqdn))
      throw new ApiError('unknown-host', `there is no host ${fqdn}`);
    if (override && reason === undefined)
      throw new ApiError('invalid-request', 'override takes a reason', { field: 'reason' });
    const drain = drains(station, fqdn, body);
    const answer = station.suggestions.mayReboot(fqdn, drain);
    const vetoes = [...answer.vetoes, ...manyAtOnce(station)];
    const binding = override ? vetoes.filter(({ code }) => neverOverridden.includes(code)) : vetoes;
    // Whoever asks once more with the same key is answered as before: what is under way is their own.
    if (binding.length > 0 && !isRepeated(station, request))
      throw await refused(station, request, fqdn, binding);
    const command = rebootCommandOf(station, request, fqdn, body, answer);
    const taken = await actions.take(request, reply, {
      ...{ ...command, drain },
      overridden: vetoes.map(({ code }) => code),
    });
    if (!('dry_run' in taken)) return taken;
    const { how = 'hard', power, waitUp: wait_up } = command;
    return { ...taken, stages: stagesOf({ kind: 'reboot', how, drain, power, wait_up }) };
  };
  return {
    rebootHost: (request, reply) => reboot(request, reply, request.params.fqdn, request.body),
    rebootNode: (request, reply) => reboot(request, reply, request.params.fqdn, request.body),
  };
};

/** So many at once are a mistake, unless somebody says otherwise. */
const manyAtOnce = ({ graph }: Station): RebootVeto[] => {
  const underWay = rebootsUnderWay(graph);
  const most = blastRadius(graph.count('host'), varOf(graph, 'reboot_blast_radius'));
  if (underWay < most) return [];
  const text = `${underWay} machines are being rebooted already, which is the most at once`;
  return [{ code: 'too-many-at-once', text }];
};

/** Each refusal is in the log, but for what a dry run is told. */
const refused = async (
  station: Station,
  request: FastifyRequest,
  fqdn: string,
  vetoes: readonly RebootVeto[],
): Promise<ApiError> => {
  if (!isDryRun(request)) {
    const by = principalOf(request);
    const command = {
      type: 'RefuseReboot',
      fqdn,
      by,
      vetoes: vetoes.map(({ code }) => code),
    } as const;
    const { request: _key, expected: _expected, ...sender } = senderOf(request);
    await station.submit(command, sender, () => null);
  }
  const said = vetoes.map(({ code, text }) => `${code}: ${text}`).join('; ');
  return new ApiError('reboot-vetoed', `${fqdn} is not rebooted: ${said}`, {
    vetoes: vetoes.map(({ code, text }) => ({ code, text })),
  });
};
