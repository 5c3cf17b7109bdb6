/** Who did what, as the log tells it: found by its index, page by page. */

import type { EventType } from '../../core/events/catalogue.ts';
import type { Commit } from '../../core/events/commit.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { revision } from '../../core/values/revision.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { EventLog } from '../../log/log.ts';
import type { Turn } from '../fair-use/turns.ts';
import type { LogIndex, Term } from '../replica/log-index.ts';

/** What people do; the rest follows from it. */
export const deeds: readonly EventType[] = [
  ...(['ClusterReset', 'ClusterWanted', 'ConsoleConnectionMade', 'CredentialIssued'] as const),
  ...([
    'CredentialRevoked',
    'GrantGiven',
    'GrantRevoked',
    'GrantUsed',
    'HostRemovalOrdered',
  ] as const),
  ...(['HostRenamed', 'LoginRefused', 'MachineAttached', 'MachineDetached'] as const),
  ...(['MaintenanceBegun', 'MaintenanceEnded', 'NodeRemovalOrdered', 'NodeWanted'] as const),
  ...(['ObmDisabled', 'ObmEnabled', 'ObmOrdered', 'ObmRegistered', 'ObmUnregistered'] as const),
  ...([
    'PolicySet',
    'ProcedureCancelAsked',
    'ProcedureJoined',
    'ProcedureOrdered',
    'ProcessRemovalOrdered',
    'ProcessWanted',
    'ProjectCreated',
  ] as const),
  ...(['ProjectDeleted', 'ProjectJoined', 'ProjectLeft', 'UserAdded', 'UserDisabled'] as const),
  ...(['UserEnabled', 'UserLocked', 'UserPasswordSet', 'UserRemoved', 'UserRoleChanged'] as const),
  ...(['UserSecondFactorSet', 'VarSet'] as const),
];
const areDeeds: ReadonlySet<string> = new Set(deeds);

export interface AuditQuery {
  readonly host: string | undefined;
  /** Name of a user, or id of a token. */
  readonly actor: string | undefined;
  /** Ms since the epoch. */
  readonly since: number;
  readonly from: Revision;
  readonly limit: number;
}

/** Who acted: the token may be gone by now. */
export interface Actor {
  readonly user: string | null;
  readonly name: string | null;
  /** The token by which a session was opened. */
  readonly opener: string | null;
}

export interface DeedFound {
  readonly commit: Commit;
  /** Of the event in its commit. */
  readonly index: number;
  readonly by: Actor;
}

export interface AuditParts {
  readonly log: EventLog;
  readonly index: LogIndex;
  readonly graph: Graph;
}

/** How far one page looks. */
const commitsPerPage = 50_000;

/** A page of deeds, and where the next one begins; null: there is no more by now. */
export const auditPage = async (
  { log, index, graph }: AuditParts,
  { host, actor, since, from, limit }: AuditQuery,
  turn: Turn,
): Promise<{ found: readonly DeedFound[]; next: Revision | null }> => {
  const to = log.head();
  const known = new Map<string, Actor>();
  const whoIs = async (commit: Commit): Promise<Actor> => {
    const one = known.get(commit.actor) ?? (await actorOf({ log, index, graph }, commit.actor, to));
    known.set(commit.actor, one);
    return one;
  };
  const found: DeedFound[] = [];
  let looked = 0;
  for await (const { after, to: end } of index.stretches(termsOf(graph, host), from, to))
    for await (const commit of log.read(after, end)) {
      looked += 1;
      const which = commit.at < since ? [] : deedsIn(graph, commit, host);
      if (which.length > 0) {
        const by = await whoIs(commit);
        if (isBy(actor, commit.actor, by))
          found.push(...which.map((at) => ({ commit, index: at, by })));
      }
      if (found.length >= limit || looked === commitsPerPage)
        return { found, next: commit.revision < to ? commit.revision : null };
      if (turn.isOver) await turn.next();
    }
  return { found, next: null };
};

/** What is done to a node or a process is told of by its fid. */
const termsOf = (graph: Graph, host: string | undefined): readonly Term[] => {
  if (host === undefined) return deeds.map((type): Term => `type ${type}`);
  const node = graph.one('runs', host)?.fid;
  const processes =
    node === undefined ? [] : Array.from(graph.many('hosts', node), ({ fid }) => fid);
  const subjects = [host, ...(node === undefined ? [] : [node]), ...processes];
  // A grant may name thousands of machines, and is not found by each.
  return ['type GrantGiven', ...subjects.map((subject): Term => `subject ${subject}`)];
};

const isPerson = (actor: string): boolean =>
  actor.startsWith('token:') || actor.startsWith('user:');

const deedsIn = (graph: Graph, commit: Commit, host: string | undefined): number[] =>
  isPerson(commit.actor)
    ? commit.events.flatMap(({ type, data }, i) =>
        areDeeds.has(type) && (host === undefined || hostsOf(graph, data).includes(host))
          ? [i]
          : [],
      )
    : [];

/** The machines that something was done to, as far as they are there. */
export const hostsOf = (graph: Graph, data: unknown): readonly string[] => {
  const { fqdn, host, from, to, machines, node, fid } = data as Record<string, unknown>;
  const names = [fqdn, host, from, to].filter((one) => typeof one === 'string');
  if (Array.isArray(machines)) return machines as string[];
  if (names.length > 0) return names;
  const one = [node, fid].find((each) => typeof each === 'string');
  if (one === undefined) return [];
  const on = graph.get('node', graph.get('process', one)?.node ?? one);
  return on ? [on.host] : [];
};

const isBy = (asked: string | undefined, actor: string, { user, opener }: Actor): boolean =>
  asked === undefined ||
  [user, opener].includes(asked) ||
  [`token:${asked}`, `user:${asked}`].includes(actor);

const asActor = ({ user, name, opener }: Partial<Record<keyof Actor, string>>): Actor => ({
  ...{ user: user ?? null, name: name ?? null, opener: opener ?? null },
});

/** A token that is gone is looked up where it was issued. */
export const actorOf = async (
  { log, index, graph }: AuditParts,
  actor: string,
  to: Revision,
): Promise<Actor> => {
  const [kind, id] = [actor.slice(0, actor.indexOf(':')), actor.slice(actor.indexOf(':') + 1)];
  if (kind === 'user') return asActor({ user: id });
  const row = graph.get('credential', id);
  if (row) return asActor(row);
  for await (const { after, to: end } of index.stretches([`subject ${id}`], revision(0), to))
    for await (const { events } of log.read(after, end))
      for (const { type, data } of events) {
        const issued = data as { id?: string; user?: string; name?: string; opener?: string };
        if (type === 'CredentialIssued' && issued.id === id) return asActor(issued);
      }
  return asActor({});
};
