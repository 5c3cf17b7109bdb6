/** Grants are given, used and revoked. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { Graph } from '../graph/graph.ts';
import type { CredentialRow } from '../graph/rows/credentials.ts';
import { lacks } from '../rights/circumstances.ts';
import { allows, rightTo } from '../rights/rights.ts';
import type { Circumstances, Verdict } from '../rights/rights.ts';
import type { SecondFactor } from '../values/users.ts';
import { showFactor, shutOut } from './users.ts';
import { grantsMax, grantsOfTokenMax, longestGrantOf } from '../values/grants.ts';
import type { GrantAction } from '../values/grants.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';
import type { EventDraft } from '../events/catalogue.ts';

export interface GiveGrant {
  readonly type: 'GiveGrant';
  readonly id: string;
  /** Id of the token that asks for it, and is to use it. */
  readonly credential: string;
  readonly actions: readonly GrantAction[];
  /** Null: all there are. */
  readonly machines: readonly string[] | null;
  readonly reason: string;
  readonly seconds: number;
  /** Null: any number. */
  readonly uses: number | null;
  /** What the user of the token has shown for it; null: no second factor. */
  readonly factor: SecondFactor | null;
}

/** Nobody gets by a grant what they have no right to. */
export const giveGrant: Decide<GiveGrant> = (
  graph,
  { id, credential, actions, machines, reason, seconds, uses, factor },
  { at },
) => {
  const who = graph.get('credential', credential);
  if (!who) return unknownToken(credential);
  const refused =
    lackOfTime(who, seconds) ??
    lackOfRoom(graph, credential) ??
    lackOfRight(graph, who, actions, machines, {
      ...{ at, second_factor: factor !== null, stage: 'ahead' },
    });
  if (refused) return refused;
  const user = who.user === undefined ? undefined : graph.get('user', who.user);
  const shown = user && (shutOut(user, at) ?? showFactor(user, factor));
  if (shown && !shown.ok) return shown;
  const data = {
    ...{ id, credential, reason, uses, second_factor: factor !== null },
    actions: [...new Set(actions)],
    machines: machines && [...new Set(machines)].sort(),
    until: at + seconds * 1000,
  };
  return decided([...(shown?.events ?? []), { type: 'GrantGiven', data }]);
};

const unknownToken = (id: string): Refused =>
  reject('unknown-credential', `there is no token ${id}`, { subject: id });

const lackOfTime = ({ role }: CredentialRow, seconds: number): Refused | undefined => {
  const longest = longestGrantOf(role);
  if (longest === 0) return reject('not-allowed', `the role ${role} can take no grants`);
  if (seconds <= longest) return undefined;
  return reject(
    'grant-too-long',
    `a grant of the role ${role} lasts ${longest / 60} minutes at most`,
    { subject: 'seconds' },
  );
};

const lackOfRoom = (graph: Graph, credential: string): Refused | undefined => {
  if (graph.related('elevates', credential) >= grantsOfTokenMax)
    return reject(
      'too-many-grants',
      `a token has ${grantsOfTokenMax} grants at most, and ${credential} has as many`,
    );
  if (graph.count('grant') >= grantsMax)
    return reject('too-many-grants', `there are as many grants as there may be: ${grantsMax}`);
  return undefined;
};

const lackOfRight = (
  graph: Graph,
  who: CredentialRow,
  actions: readonly GrantAction[],
  machines: readonly string[] | null,
  circumstances: Circumstances,
): Refused | undefined => {
  for (const action of actions) {
    if (machines === null) {
      const verdict = rightTo(graph, who, action, { kind: 'cluster' }, circumstances);
      if (!verdict.allowed) return notAllowed(verdict, action, 'all machines', 'machines');
    }
    for (const fqdn of machines ?? []) {
      const refused = unseen(graph, who, fqdn);
      if (refused) return refused;
      const host = { kind: 'host', fqdn } as const;
      const verdict = rightTo(graph, who, action, host, circumstances);
      if (!verdict.allowed) return notAllowed(verdict, action, fqdn, fqdn);
    }
  }
  return undefined;
};

/** A machine that is not there, or that whoever asks may not know of, which is told alike. */
const unseen = (graph: Graph, who: CredentialRow, fqdn: string): Refused | undefined =>
  graph.get('host', fqdn) && rightTo(graph, who, 'look', { kind: 'host', fqdn }).allowed
    ? undefined
    : reject('unknown-host', `there is no host ${fqdn}`, { subject: fqdn });

/** Why something is refused: what is missing, or that there is no right to it at all. */
const notAllowed = (
  { rule, lack }: Verdict,
  action: GrantAction,
  what: string,
  subject: string,
): Refused => {
  if (lack === 'grant' || lack === 'second-factor')
    return reject('step-up-needed', `to ${action} ${what} takes ${lacks[lack]} (${rule})`, {
      subject,
    });
  if (lack !== undefined)
    return reject('not-allowed', `to ${action} ${what} takes ${lacks[lack]} (${rule})`, {
      subject,
    });
  return reject('not-allowed', `you may not ${action} ${what} (${rule})`, { subject });
};

/** What is to be done to machines by grants. */
export interface UseOfGrants {
  /** Id of the token by which it is asked for. */
  readonly credential: string;
  readonly action: GrantAction;
  readonly machines: readonly string[];
  /** Which of them Halcyon itself suggests it for; absent: none. */
  readonly suggested?: (fqdn: string) => boolean;
  readonly reason: string;
}

/** By which grant each machine may be dealt with, and the events that say so; refused where one may not. */
export type GrantsUsed =
  | {
      readonly ok: true;
      readonly grants: ReadonlyMap<string, string>;
      readonly events: readonly EventDraft[];
    }
  | Refused;

/**
 * For commands that do what takes a grant: their events go with these, in one commit. Whoever does it remembers the
 * grant, and asks `stillAllowed` just before.
 *
 * @param at now, ms since the epoch
 */
export const useGrants = (
  graph: Graph,
  { credential, action, machines, suggested = () => false, reason }: UseOfGrants,
  at: number,
): GrantsUsed => {
  const who = graph.get('credential', credential);
  if (!who) return unknownToken(credential);
  const grants = new Map<string, string>();
  const taken = new Map<string, number>();
  const events: EventDraft[] = [];
  for (const fqdn of new Set(machines)) {
    const refused = unseen(graph, who, fqdn);
    if (refused) return refused;
    const verdict = allows(
      graph,
      who,
      action,
      { kind: 'host', fqdn },
      { at, suggested: suggested(fqdn), machines: machines.length },
    );
    if (!verdict.allowed) return notAllowed(verdict, action, fqdn, fqdn);
    const id = verdict.grant!;
    const { uses, used } = graph.must('grant', id);
    const more = (taken.get(id) ?? 0) + 1;
    if (uses !== null && used + more > uses)
      return reject(
        'step-up-needed',
        `the grant ${id} has ${uses - used} uses left, and this takes more`,
        { subject: fqdn },
      );
    taken.set(id, more);
    grants.set(fqdn, id);
    events.push({ type: 'GrantUsed', data: { fqdn, id, credential, action, reason } });
  }
  return { ok: true, grants, events };
};

export interface RevokeGrant {
  readonly type: 'RevokeGrant';
  readonly id: string;
  /** Who says so. */
  readonly by: string;
  /** Only if it is a grant of this token; absent: whosever. */
  readonly credential?: string;
}

export const revokeGrant: Decide<RevokeGrant> = (graph, { id, by, credential }) => {
  const grant = graph.get('grant', id);
  if (!grant || (credential !== undefined && grant.credential !== credential))
    return reject('unknown-grant', `there is no grant ${id}, or none any more`, { subject: id });
  return decided([{ type: 'GrantRevoked', data: { id, by } }]);
};
