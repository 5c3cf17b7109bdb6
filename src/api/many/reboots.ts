/** How a machine is rebooted by what is suggested, and which of many may be. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RebootVeto } from '../../checks/suggestions/may-reboot.ts';
import type { CampaignPlan, RebootManyBody } from '../../contract/campaigns.ts';
import type { Operation } from '../../contract/operations.ts';
import { rebootUsual } from '../../contract/reboots.ts';
import type { RebootBody } from '../../contract/reboots.ts';
import type { LeftOut, OrderCampaign } from '../../core/commands/order-campaign.ts';
import type { RebootHost } from '../../core/commands/reboot-host.ts';
import { campaignDetailLength } from '../../core/values/campaigns.ts';
import { hardwareOf } from '../../station/suggestions/machine-symptoms.ts';
import type { Station } from '../../station/station.ts';
import { askerOf, principalOf } from '../asker.ts';
import { isDryRun, isRepeated, senderOf } from '../commands.ts';
import { ApiError } from '../errors.ts';
import type { Campaigns } from './campaigns.ts';

/** Nobody does two things to a machine at once, whatever the reason. */
export const neverOverridden: readonly string[] = ['under-way'];

type Answer = ReturnType<Station['suggestions']['mayReboot']>;

/**
 * Whether its jobs end first: as is asked for, or as is suggested.
 *
 * @throws {ApiError} no scheduler has it
 */
export const drains = (station: Station, fqdn: string, { drain }: RebootBody): boolean => {
  const { scheduler, scheduled } = station.groups;
  const isKnown = scheduled.rowOf(fqdn) !== undefined;
  const canDrain = isKnown && scheduler.scheduler?.control !== undefined;
  if (drain === undefined)
    return canDrain && station.suggestions.of(fqdn).action === 'drain-reboot';
  if (!drain || canDrain) return drain;
  const why = scheduler.scheduler?.control
    ? `the scheduler does not know ${fqdn}`
    : 'this station has no scheduler: the file of groups names no source of kind slurm';
  throw new ApiError('invalid-request', `${why}; without drain it is rebooted all the same`, {
    field: 'drain',
  });
};

/** Where its power is what is suggested, its system is not asked: it says nothing. */
export const rebootCommandOf = (
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

/** What forbids the reboot of one of many. */
interface Vetoed {
  readonly fqdn: string;
  readonly vetoes: readonly RebootVeto[];
}

const textOf = ({ fqdn, vetoes }: Vetoed): string =>
  `${fqdn} is not rebooted: ${vetoes.map(({ code, text }) => `${code}: ${text}`).join('; ')}`;

/** What is done with each of those that may be rebooted; those that are alike have one plan. */
class Plans {
  readonly plans: OrderCampaign['plans'][number][] = [];
  readonly machines: OrderCampaign['machines'][number][] = [];
  readonly #places = new Map<string, number>();

  add(fqdn: string, one: OrderCampaign['plans'][number]): void {
    const key = JSON.stringify(one);
    const plan = this.#places.get(key) ?? this.plans.length;
    if (plan === this.plans.length) {
      this.plans.push(one);
      this.#places.set(key, plan);
    }
    this.machines.push({ fqdn, plan });
  }
}

/** Asks of each what forbids it, by and by, and orders what may be. */
export const rebootMany = async (
  station: Station,
  campaigns: Campaigns,
  request: FastifyRequest,
  reply: FastifyReply,
  body: RebootManyBody,
): Promise<Operation | CampaignPlan> => {
  const { override = false, partial = 'refuse' } = body;
  const { machines, leftOut } = campaigns.meant(request, body, 'look');
  const found = new Plans();
  const vetoed: Vetoed[] = [];
  await station.longReads.run(askerOf(reply), async (turn) => {
    for (const fqdn of machines) {
      if (turn.isOver) await turn.next();
      // It may have gone meanwhile, which the command tells.
      if (!station.graph.get('host', fqdn)) continue;
      const drain = drains(station, fqdn, body);
      const answer = station.suggestions.mayReboot(fqdn, drain);
      const { vetoes } = answer;
      const binding = override
        ? vetoes.filter(({ code }) => neverOverridden.includes(code))
        : vetoes;
      if (binding.length > 0) vetoed.push({ fqdn, vetoes: binding });
      else found.add(fqdn, planOf(station, request, fqdn, { ...body, drain }, answer));
    }
  });
  if (vetoed.length > 0 && (partial !== 'allow' || found.machines.length === 0)) {
    // Whoever asks once more with the same key is answered as before.
    if (!isRepeated(station, request)) throw await refused(station, request, vetoed, machines);
  }
  const vetoedToo = vetoed.map((one): LeftOut => ({
    fqdn: one.fqdn,
    reason: textOf(one).slice(0, campaignDetailLength),
  }));
  return campaigns.order(request, reply, body, {
    ...{ plans: found.plans, machines: found.machines, leftOut: [...leftOut, ...vetoedToo] },
  });
};

const planOf = (
  station: Station,
  request: FastifyRequest,
  fqdn: string,
  body: RebootManyBody & { readonly drain: boolean },
  answer: Answer,
): OrderCampaign['plans'][number] => {
  const command = rebootCommandOf(station, request, fqdn, body, answer);
  const { how = 'hard', power, waitUp: wait_up } = command;
  const { symptom, action, hardware, reason, credential } = command;
  const overridden = answer.vetoes.map(({ code }) => code);
  return {
    plan: { kind: 'reboot', how, drain: body.drain, power, wait_up },
    reboot: { symptom, action, hardware, reason, overridden, credential },
  };
};

/** Named in a refusal. */
const shown = 10;
/** Vetoes that are told one by one. */
const vetoesShown = 100;

/** Each refusal is in the log, but for what a dry run is told. */
const refused = async (
  station: Station,
  request: FastifyRequest,
  vetoed: readonly Vetoed[],
  of: readonly string[],
): Promise<ApiError> => {
  if (!isDryRun(request)) {
    const { request: _key, expected: _expected, ...sender } = senderOf(request);
    const machines = vetoed.map(({ fqdn, vetoes }) => ({
      ...{ fqdn, vetoes: vetoes.map(({ code }) => code) },
    }));
    const command = { type: 'RefuseReboots', by: principalOf(request), machines } as const;
    await station.submit(command, sender, () => null);
  }
  const more = vetoed.length > shown ? `; and ${vetoed.length - shown} more` : '';
  const none =
    of.length === 1 ? '' : `${vetoed.length} of ${of.length} machines may not be, so none is: `;
  const said = vetoed.slice(0, shown).map(textOf).join('; ');
  return new ApiError('reboot-vetoed', `${none}${said}${more}`, {
    vetoes: vetoed
      .slice(0, vetoesShown)
      .flatMap(({ fqdn, vetoes }) =>
        vetoes.map(({ code, text }) => ({ code, text: `${fqdn}: ${text}` })),
      ),
  });
};
