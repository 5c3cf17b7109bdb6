/** Machines are rebooted because something is the matter with them. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type * as contract from '../../contract/reboots.ts';
import { rebootUsual } from '../../contract/reboots.ts';
import type { RebootBody } from '../../contract/reboots.ts';
import type { Operation } from '../../contract/operations.ts';
import type { DryRun } from '../../contract/outcome.ts';
import type { RebootHost } from '../../core/commands/reboot-host.ts';
import { rebootsUnderWay } from '../../core/lifecycle/reboots.ts';
import { rebootsAtOnceMax } from '../../core/values/reboots.ts';
import type { RebootVeto } from '../../checks/suggestions/may-reboot.ts';
import { hardwareOf } from '../../station/suggestions/machine-symptoms.ts';
import type { Station } from '../../station/station.ts';
import type { Actions } from '../actions.ts';
import { principalOf } from '../asker.ts';
import type { Handlers } from '../bind.ts';
import { isDryRun, isRepeated, senderOf } from '../commands.ts';
import { ApiError } from '../errors.ts';

/** Nobody does two things to a machine at once, whatever the reason. */
const neverOverridden: readonly string[] = ['under-way'];

export const rebootHandlers = (station: Station, actions: Actions): Handlers<typeof contract> => {
  const reboot = async (
    request: FastifyRequest,
    reply: FastifyReply,
    fqdn: string,
    body: RebootBody,
  ): Promise<Operation | DryRun> => {
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
    const command = commandOf(station, request, fqdn, body, answer);
    return actions.take(request, reply, {
      ...{ ...command, drain },
      overridden: vetoes.map(({ code }) => code),
    });
  };
  return {
    rebootHost: (request, reply) => reboot(request, reply, request.params.fqdn, request.body),
    rebootNode: (request, reply) => reboot(request, reply, request.params.fqdn, request.body),
  };
};

type Answer = ReturnType<Station['suggestions']['mayReboot']>;

/**
 * Whether its jobs end first: as is asked for, or as is suggested.
 *
 * @throws {ApiError} no scheduler has it
 */
const drains = (station: Station, fqdn: string, { drain }: RebootBody): boolean => {
  const { scheduler, scheduled } = station.groups;
  const isKnown = scheduled.rowOf(fqdn) !== undefined;
  if (drain === undefined) return isKnown && station.suggestions.of(fqdn).action === 'drain-reboot';
  if (!drain || isKnown) return drain;
  const why = scheduler.isThere
    ? `the scheduler does not know ${fqdn}`
    : 'this station has no scheduler: the file of groups names no source of kind slurm';
  throw new ApiError('invalid-request', `${why}; without drain it is rebooted all the same`, {
    field: 'drain',
  });
};

/** Where its power is what is suggested, its system is not asked: it says nothing. */
const commandOf = (
  station: Station,
  request: FastifyRequest,
  fqdn: string,
  { reason, how, wait_up: waitUp = rebootUsual }: RebootBody,
  { suggested, symptom, suggestion }: Answer,
): Omit<RebootHost, 'overridden' | 'drain'> => ({
  type: 'RebootHost',
  fqdn,
  how: how ?? (suggested === 'power-cycle' || suggested === 'power-on' ? 'hard' : 'gentle'),
  power: suggested === 'power-on' ? 'on' : 'cycle',
  waitUp,
  symptom,
  action: suggested ?? 'power-cycle',
  hardware: hardwareOf(station.graph, fqdn),
  reason: reason ?? suggestion.says,
  credential: request.credential!.id,
});

/** So many at once are a mistake, unless somebody says otherwise. */
const manyAtOnce = ({ graph }: Station): RebootVeto[] => {
  const underWay = rebootsUnderWay(graph);
  if (underWay < rebootsAtOnceMax) return [];
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
