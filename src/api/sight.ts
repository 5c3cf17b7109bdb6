/** What of the cluster a token may see, where it is not all of it. */

import type { FastifyRequest } from 'fastify';
import type { EventRecord } from '../core/events/commit.ts';
import type { Graph } from '../core/graph/graph.ts';
import type { ReadGraph } from '../core/graph/read-graph.ts';
import type { Kind } from '../core/graph/resources.ts';
import type { ProjectRow } from '../core/graph/rows/cluster.ts';
import type { CredentialRow } from '../core/graph/rows/credentials.ts';
import type { HostRow } from '../core/graph/rows/hosts.ts';
import { byText, orderOf } from '../core/graph/sorted-keys.ts';
import { allows } from '../core/rights/rights.ts';
import type { Revision } from '../core/values/revision.ts';
import type { Station } from '../station/station.ts';
import { isMember } from './auth.ts';

/** The next of some keys of a kind after one, in order; from the first without one. */
export const keysAfter = (
  kind: Kind,
  keys: readonly string[],
  after: string | undefined,
  count: number,
): string[] => {
  const compare = orderOf(kind);
  const left = after === undefined ? keys : keys.filter((key) => compare(key, after) > 0);
  return left.toSorted(compare).slice(0, count);
};

/** Names looked up at once. */
const namesAtOnce = 256;

/** The next machines of some projects that match, in order: a page costs what it shows and what it passes over. */
export const lentAfter =
  (graph: Graph, projects: readonly string[], matches: (row: HostRow) => boolean) =>
  (after: string | undefined, count: number): string[] => {
    const found: string[] = [];
    for (let last = after; found.length < count;) {
      const next = projects
        .flatMap((name) => graph.indexes.lentHosts.after(name, last, namesAtOnce))
        .sort(byText)
        .slice(0, namesAtOnce);
      for (const fqdn of next) if (matches(graph.must('host', fqdn))) found.push(fqdn);
      if (next.length < namesAtOnce) break;
      last = next.at(-1);
    }
    return found.slice(0, count);
  };

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
    ? Array.from(graph.many('joins', request.credential!.id), ({ project }) =>
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

/** What members are not told of their own machines: who else has tokens, and how the machines are reached. */
const untold = new Set(['CredentialIssued', 'ObmDeclared', 'HostClaimRefused']);

/** The machines that an event is about; none where they are not known any more, or it is about something else. */
export const machinesOf = (graph: ReadGraph, { type, data }: EventRecord): readonly string[] => {
  if (untold.has(type)) return [];
  const { fqdn, to, host, node, fid } = data as Record<string, unknown>;
  const names = [fqdn, to, host].filter(isText);
  if (names.length > 0) return names.every((name) => graph.get('host', name)) ? names : [];
  return [node, fid].filter(isText).flatMap((one) => {
    const process = graph.get('process', one);
    return graph.get('node', process?.node ?? one)?.host ?? [];
  });
};

const isText = (value: unknown): value is string => typeof value === 'string';

/** Whether a member is told of what happened to machines: it has them, and had them when it happened. */
export const seesEvent = (
  graph: ReadGraph,
  who: CredentialRow,
  machines: readonly string[],
  at: Revision,
): boolean =>
  machines.length > 0 &&
  machines.every((fqdn) => {
    const host = graph.get('host', fqdn);
    return host && (host.lent ?? host.changed) <= at && seesHost(graph, who, fqdn);
  });

/** Whether an event is about no machine but those that a member sees. */
export const isOfNoOther = (graph: ReadGraph, who: CredentialRow, event: EventRecord): boolean =>
  machinesOf(graph, event).every((fqdn) => seesHost(graph, who, fqdn));

/** The projects that a member is in and what it is there, as one text: another one when that has changed. */
export const placesOf = ({ graph }: Station, { id }: CredentialRow): string =>
  Array.from(
    graph.many('joins', id),
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
      return [key];
    case 'node':
    case 'process':
      return machinesOf(graph, { type: kind, v: 1, data: { fid: key } });
    case 'service':
      return machinesWith(graph, { kind: 'process', key: graph.must('service', key).process });
    default:
      return [];
  }
};
