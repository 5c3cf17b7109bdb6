/** The policy of the site, and questions about rights. */

import type * as contract from '../../contract/policy.ts';
import type { Can, Policy, PolicyRule } from '../../contract/policy.ts';
import type { Problem } from '../../config/problem.ts';
import type { PolicyRule as Rule } from '../../core/values/policy.ts';
import { lacks } from '../../core/rights/circumstances.ts';
import { allows } from '../../core/rights/rights.ts';
import type { Principal, Resource, Verdict } from '../../core/rights/rights.ts';
import { expandNodeset, foldNodeset, NodesetError } from '../../nodeset/nodeset.ts';
import { policyFrom } from '../../station/loading/policy-file.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { senderOf } from '../commands.ts';
import { ApiError } from '../errors.ts';

/** Machines that one question may name. */
export const askedMachinesMax = 4096;

export const policyHandlers = (station: Station): Handlers<typeof contract> => {
  const present = (): Policy => {
    const row = station.graph.get('rulebook', 'rulebook');
    return {
      file: row?.file ?? null,
      revision: row?.changed ?? null,
      rules: (row?.rules ?? []).map(ruleView),
      problems: [...station.policy.complaints],
    };
  };
  return {
    getPolicy: async () => {
      await station.settled();
      return present();
    },

    checkPolicy: (request) => {
      const { name, text } = request.body;
      const result = policyFrom(name, text);
      if (!result.ok) throw wrongPolicy(result.problems);
      return { rules: result.rules.map(ruleView) };
    },

    reloadPolicy: async (request) => {
      if (station.policy.path === undefined)
        throw new ApiError('not-found', 'the station was given no policy file: --policy FILE');
      const problems = await station.policy.reload(senderOf(request));
      if (problems.length > 0) throw wrongPolicy(problems);
      return present();
    },

    whetherAllowed: async (request) => {
      await station.settled();
      const { action, hosts, as, suggested = false } = request.query;
      const who = as === undefined ? request.credential! : asUser(station, request.credential!, as);
      const at = station.now();
      const names = hosts === undefined ? undefined : namesIn(hosts);
      const resources: readonly Resource[] = names?.map((fqdn) => ({ kind: 'host', fqdn })) ?? [
        { kind: 'cluster' },
      ];
      const circumstances = { at, suggested, machines: resources.length };
      const verdicts = resources.map((resource) =>
        mayKnow(station, who, resource)
          ? allows(station.graph, who, action, resource, circumstances)
          : { allowed: false, rule: 'nothing allows it' },
      );
      return { at, answers: answersOf(names, verdicts) };
    },
  };
};

/** Whoever may not see a machine is told nothing else of it than of one that is not there. */
const mayKnow = ({ graph }: Station, who: Principal, resource: Resource): boolean =>
  resource.kind !== 'host' ||
  (graph.get('host', resource.fqdn) !== undefined && allows(graph, who, 'look', resource).allowed);

const namesIn = (nodeset: string): readonly string[] => {
  let names: readonly string[];
  try {
    names = expandNodeset(nodeset);
  } catch (error) {
    if (!(error instanceof NodesetError)) throw error;
    throw new ApiError('invalid-request', error.message, { field: 'hosts' });
  }
  if (names.length <= askedMachinesMax) return names;
  throw new ApiError('invalid-request', `ask about ${askedMachinesMax} machines at most`, {
    field: 'hosts',
  });
};

/** A user as one who has just logged in without a code. */
const asUser = ({ graph }: Station, asks: Principal, name: string): Principal => {
  if (asks.role !== 'admin' && asks.user !== name)
    throw new ApiError('forbidden', 'only administrators may ask about others');
  const user = graph.get('user', name);
  if (!user || user.disabled)
    throw new ApiError('unknown-user', `there is no user ${name} who may log in`, { field: 'as' });
  return { id: '', role: user.role, process: null, user: name };
};

/** One answer for all machines of which the same is true. */
const answersOf = (
  names: readonly string[] | undefined,
  verdicts: readonly Verdict[],
): Can['answers'] => {
  const groups = new Map<string, { verdict: Verdict; hosts: string[] }>();
  for (const [i, verdict] of verdicts.entries()) {
    const key = JSON.stringify(verdict);
    const group = groups.get(key) ?? { verdict, hosts: [] };
    groups.set(key, group);
    if (names) group.hosts.push(names[i]!);
  }
  return [...groups.values()].map(({ verdict: { allowed, rule, lack, grant }, hosts }) => ({
    ...{ allowed, rule, grant: grant ?? null, lack: lack === undefined ? null : lacks[lack] },
    missing: lack ?? null,
    hosts: names ? foldNodeset(hosts) : null,
    count: hosts.length,
  }));
};

const ruleView = ({
  machines,
  projects,
  actions,
  who,
  only_if,
  name,
  effect,
}: Rule): PolicyRule => ({
  ...{ name, effect, who: [...who], actions: [...actions], only_if },
  machines: machines && foldNodeset(machines),
  projects: projects && [...projects],
});

const wrongPolicy = (problems: readonly Problem[]): ApiError =>
  new ApiError('invalid-files', 'the policy has errors; the one in force stays as it was', {
    errors: problems,
  });
