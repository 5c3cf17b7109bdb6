/** What of the cluster a token may see, where it is not all of it. */

import type { FastifyRequest } from 'fastify';
import type { EventRecord } from '../core/events/commit.ts';
import type { Graph } from '../core/graph/graph.ts';
import type { ReadGraph } from '../core/graph/read-graph.ts';
import type { Kind } from '../core/graph/resources.ts';
import type { ProjectRow } from '../core/graph/rows/cluster.ts';
import { holderOf } from '../core/graph/rows/credentials.ts';
import type { CredentialRow } from '../core/graph/rows/credentials.ts';
import { namedAt } from '../core/graph/rows/hosts.ts';
import type { HostRow } from '../core/graph/rows/hosts.ts';
import { byText, orderOf } from '../core/graph/sorted-keys.ts';
import { allows } from '../core/rights/rights.ts';
import type { Revision } from '../core/values/revision.ts';
import type { Station } from '../station/station.ts';
import { isMember } from './auth.ts';

/** Keys that are looked at before the others may have a turn. */
const keysAtOnce = 256;

/**
 * The next of some keys of a kind after one, in order; from the first without one. It yields where others may have a
 * turn, which what is passed over (undefined) is counted for too. No more keys than two pages are kept, however many
 * there are.
 */
export function* keysAfter(
  kind: Kind,
  keys: Iterable<string | undefined>,
  after: string | undefined,
  count: number,
): Generator<undefined, string[]> {
  const compare = orderOf(kind);
  let found: string[] = [];
  let last: string | undefined;
  let looked = 0;
  for (const key of keys) {
    if (++looked % keysAtOnce === 0) yield;
    if (key === undefined || (after !== undefined && compare(key, after) <= 0)) continue;
    if (last !== undefined && compare(key, last) >= 0) continue;
    found.push(key);
    if (found.length < 2 * count) continue;
    found = found.sort(compare).slice(0, count);
    last = found.at(-1);
  }
  return found.sort(compare).slice(0, count);
}

/** Names looked up at once. */
const namesAtOnce = 256;

/**
 * The next machines that match, in order: a page costs what it shows and what it passes over.
 *
 * @param next names of machines after one, in order
 */
export const matchingAfter =
  (
    graph: Graph,
    next: (after: string | undefined, count: number) => string[],
    matches: (row: HostRow) => boolean,
  ) =>
  (after: string | undefined, count: number): string[] => {
    const found: string[] = [];
    for (let last = after; found.length < count;) {
      const names = next(last, namesAtOnce);
      for (const fqdn of names) if (matches(graph.must('host', fqdn))) found.push(fqdn);
      if (names.length < namesAtOnce) break;
      last = names.at(-1);
    }
    return found.slice(0, count);
  };

/** The next machines of some projects that match. */
export const lentAfter = (
  graph: Graph,
  projects: readonly string[],
  matches: (row: HostRow) => boolean,
): ((after: string | undefined, count: number) => string[]) =>
  matchingAfter(
    graph,
    (after, count) =>
      projects
        .flatMap((name) => graph.indexes.lentHosts.after(name, after, count))
        .sort(byText)
        .slice(0, count),
    matches,
  );

/** Whether somebody sees a host as it was in a graph; whoever is no member sees all. */
export const seenBy = (
  { graph }: Station,
  request: FastifyRequest,
  then: ReadGraph,
): ((fqdn: string) => boolean) =>
  isMember(request) ? (fqdn) => seesHost(graph, request.credential!, fqdn, then) : () => true;

/** The projects that a member is in; undefined for who sees all there are. */
export const projectsSeen = (
  { graph }: Station,
  request: FastifyRequest,
): ProjectRow[] | undefined =>
  isMember(request)
    ? Array.from(graph.many('joins', holderOf(request.credential!)), ({ project }) =>
        graph.must('project', project),
      ).sort((a, b) => byText(a.name, b.name))
    : undefined;

/**
 * The machines that a member sees, as they were in a graph; undefined for who sees all there are. It takes as long as
 * these are many, however many there are besides.
 */
export const machinesSeen = (
  station: Station,
  request: FastifyRequest,
  then: ReadGraph,
): HostRow[] | undefined => {
  const { graph } = station;
  return projectsSeen(station, request)
    ?.flatMap(({ name }) => graph.indexes.lentHosts.after(name, undefined, Infinity))
    .filter(seenBy(station, request, then))
    .sort(byText)
    .map((fqdn) => then.must('host', fqdn));
};

const seesHost = (
  graph: ReadGraph,
  who: CredentialRow,
  fqdn: string,
  then: ReadGraph = graph,
): boolean => allows(graph, who, 'look', { kind: 'host', fqdn, then }).allowed;

/** What members are not told of their own machines: who else has tokens or had them, and how they are reached. */
const untold = new Set([
  'CredentialIssued',
  'GrantUsed',
  'HostClaimRefused',
  'MachineDetached',
  'ObmDeclared',
  'ObmIdentified',
  'ObmRegistered',
]);

/** The machines that an event is about; undefined where it is not known, or not any more, which these are. */
export const machinesOf = (
  graph: ReadGraph,
  { data }: Pick<EventRecord, 'data'>,
): readonly string[] | undefined => {
  const { fqdn, to, host, node, fid } = data as Record<string, unknown>;
  const names = [fqdn, to, host].filter(isText);
  if (names.length > 0) return names.every((name) => graph.get('host', name)) ? names : undefined;
  const one = [node, fid].find(isText);
  if (one === undefined) return [];
  const on = graph.get('node', graph.get('process', one)?.node ?? one);
  return on && [on.host];
};

/** Those by which it is found who is told of an event; none: no member is. */
export const machinesToldOf = (graph: ReadGraph, event: EventRecord): readonly string[] =>
  untold.has(event.type) ? [] : (machinesOf(graph, event) ?? []);

const isText = (value: unknown): value is string => typeof value === 'string';

/**
 * Whether a member is told of what happened to machines: it has them, and had them when it happened, under the names
 * that they have now. What happened to that name before was another machine's, as far as the event tells.
 */
export const seesEvent = (
  graph: ReadGraph,
  who: CredentialRow,
  machines: readonly string[],
  at: Revision,
): boolean =>
  machines.length > 0 &&
  machines.every((fqdn) => {
    const host = graph.get('host', fqdn);
    return (
      host && Math.max(host.lent ?? host.changed, namedAt(host)) <= at && seesHost(graph, who, fqdn)
    );
  });

/** Events about no machine that a command of a member has: what it runs, and the tokens of its own processes. */
const harmless = new Set(['CredentialIssued', 'CredentialRevoked', 'SpecRendered']);

/**
 * The events that a member is told of what a command of its own would do.
 *
 * @param graph as it is
 * @param after the machines that the events are about, as far as these are known once the command is done
 */
export const plannedFor = (
  graph: ReadGraph,
  who: CredentialRow,
  events: readonly EventRecord[],
  after: readonly (readonly string[] | undefined)[],
): EventRecord[] =>
  events.filter((event, i) => {
    const machines = machinesOf(graph, event) ?? after[i] ?? [];
    return machines.length === 0
      ? harmless.has(event.type)
      : machines.every((fqdn) => seesHost(graph, who, fqdn));
  });

/** The projects that a member is in and what it is there, as one text: another one when that has changed. */
export const placesOf = ({ graph }: Station, who: CredentialRow): string =>
  Array.from(
    graph.many('joins', holderOf(who)),
    ({ project, role, created }) => `${project} ${role} ${created}`,
  )
    .sort()
    .join();

/** The machine that a resource is, or is on; none where it is on none. */
export const machinesWith = (
  graph: ReadGraph,
  { kind, key }: { readonly kind: string; readonly key: string },
): readonly string[] => {
  switch (kind) {
    case 'host':
    case 'policy':
    case 'recovery':
    case 'maintenance':
      return [key];
    case 'node':
    case 'process':
      return machinesOf(graph, { data: { fid: key } }) ?? [];
    case 'service':
      return machinesWith(graph, { kind: 'process', key: graph.must('service', key).process });
    default:
      return [];
  }
};
