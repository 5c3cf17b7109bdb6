/** Who asks, for what, and of what. */

import type { ReadGraph } from '../graph/read-graph.ts';
import type { CredentialRow } from '../graph/rows/credentials.ts';
import { namedAt } from '../graph/rows/hosts.ts';
import type { HostRow } from '../graph/rows/hosts.ts';
import type { Fid } from '../values/fid.ts';

/** Who asks: a token. Its places in projects are in the graph, and are read there each time. */
export type Principal = Pick<
  CredentialRow,
  'id' | 'role' | 'process' | 'user' | 'session' | 'opener'
>;

/**
 * What is asked for. `identify`: to be told who one is; `note`: to write notes about machines; `power`: to restart a
 * machine by a grant, or to switch it on or off; `configure`: the configuration of a process; `report`: to say what an
 * independent process does; `speak`: for a host, as its agent; `hear`: what an agent has to do.
 */
export type Action =
  | 'identify'
  | 'look'
  | 'note'
  | 'operate'
  | 'power'
  | 'administer'
  | 'configure'
  | 'report'
  | 'speak'
  | 'hear';

/** What it is asked of. Machines and what is on them are found in `then`, where the past is looked at. */
export type Resource =
  | { readonly kind: 'cluster' }
  | { readonly kind: 'project'; readonly name: string }
  | { readonly kind: 'host'; readonly fqdn: string; readonly then?: ReadGraph }
  | { readonly kind: 'node' | 'process'; readonly fid: Fid; readonly then?: ReadGraph };

/** The machine that a resource is, or is on. */
export const hostOf = (graph: ReadGraph, resource: Resource): string | undefined => {
  if (resource.kind === 'host') return resource.fqdn;
  if (resource.kind === 'node') return graph.get('node', resource.fid)?.host;
  if (resource.kind !== 'process') return undefined;
  const process = graph.get('process', resource.fid);
  return process && graph.get('node', process.node)?.host;
};

/** The project that a resource is, or that has the machine it is on; null: none. */
export const projectOf = (graph: ReadGraph, resource: Resource): string | null => {
  if (resource.kind === 'cluster') return null;
  if (resource.kind === 'project') return resource.name;
  const { then } = resource;
  const fqdn = hostOf(then ?? graph, resource);
  const host = fqdn === undefined ? undefined : graph.get('host', fqdn);
  if (!host || (then && !isSameLending(host, then.get('host', host.fqdn)))) return null;
  return host.project;
};

/** Whoever has a machine sees its past for as long as it has been lent to them, by its name, without a break. */
const isSameLending = (now: HostRow, then: HostRow | undefined): boolean =>
  then !== undefined &&
  then.project === now.project &&
  then.lent === now.lent &&
  namedAt(then) === namedAt(now);
