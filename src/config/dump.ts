/** The declared part of a graph as native files: what they say, loading them says again. */

import { Document, Scalar, visit } from 'yaml';
import type { Graph } from '../core/graph/graph.ts';
import { clusterPolicy } from '../core/graph/rows/hosts.ts';
import type { HostRow } from '../core/graph/rows/hosts.ts';
import type { RoleRow } from '../core/graph/rows/roles.ts';
import { sshDefaults } from '../core/values/recovery-policy.ts';
import type { SourceFile } from './source-file.ts';

/** Facts, and the roles files they were loaded with, as they were written. */
export const dumpDeclaration = (graph: Graph): { facts: SourceFile; roles: SourceFile[] } => ({
  facts: { name: 'facts.yaml', text: facts(graph) },
  roles: roleFiles(graph),
});

const facts = (graph: Graph): string => {
  const [cluster] = graph.all('cluster');
  const document = new Document({
    cluster: cluster?.name ?? '',
    ...listed('places', places(graph)),
    ...listed('pools', pools(graph)),
    ...listed('profiles', profiles(graph)),
    ...named(
      'vars',
      Object.fromEntries(Array.from(graph.all('var'), ({ name, value }) => [name, value])),
    ),
    ...recovery(graph, clusterPolicy),
    hosts: [...graph.all('host')]
      .filter(isDeclared)
      .sort((a, b) => (a.fqdn < b.fqdn ? -1 : 1))
      .map((host) => declaredHost(graph, host)),
  });
  document.commentBefore =
    ' The credentials of out-of-band managers stay in the station and are not dumped.';
  return printed(document);
};

/** Control characters beyond ASCII, and a byte order mark: legal in a text, not in a file. */
const hidden = /[\x7F-\x9F\uFEFF]/g;

/** A document as text that gives the same values when it is read again. */
const printed = (document: Document): string => {
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && node.value.search(hidden) >= 0)
        node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const code = (character: string): string =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return document.toString({ lineWidth: 100 }).replace(hidden, code);
};

const listed = (key: string, items: unknown[]): object =>
  items.length > 0 ? { [key]: items } : {};
const named = (key: string, map: object): object =>
  Object.keys(map).length > 0 ? { [key]: map } : {};

const places = (graph: Graph): object[] =>
  Array.from(graph.all('site'), ({ name }) => ({
    site: name,
    racks: Array.from(graph.many('contains', name), ({ id }) => ({
      rack: id.slice(name.length + 1),
      enclosures: Array.from(graph.many('holds', id), (enclosure) => enclosure.name),
    })),
  }));

const pools = (graph: Graph): object[] =>
  Array.from(graph.all('pool'), ({ name, data_units, parity_units, unit_size, devices }) => ({
    name,
    data_units,
    parity_units,
    unit_size,
    devices,
  }));

const profiles = (graph: Graph): object[] =>
  Array.from(graph.all('profile'), ({ name, pools: fids }) => ({
    name,
    pools: fids.map((fid) => graph.must('pool', fid).name),
  }));

/** Steps as facts say them, without what goes without saying. */
const recovery = (graph: Graph, id: string): object => {
  const policy = graph.get('policy', id);
  if (!policy) return {};
  const steps = policy.steps.map((step) => {
    if (step.kind === 'wait') return { wait: step.seconds };
    const often = step.times === sshDefaults.times ? {} : { times: step.times };
    if (step.kind === 'power-cycle') return { 'power-cycle': {}, ...often };
    const { kind: _, times: __, ...options } = step;
    const said = Object.entries(options).filter(
      ([name, value]) => value !== sshDefaults[name as keyof typeof options],
    );
    return { ssh: Object.fromEntries(said), ...often };
  });
  return { recovery: steps };
};

/** One that joined by itself joins again; declared, it would be removed by a prune some day. */
const isDeclared = ({ declared, roles }: HostRow): boolean => declared === true || roles.length > 0;

const declaredHost = (graph: Graph, host: HostRow): object => {
  const obm = graph.one('manages', host.fqdn);
  return {
    fqdn: host.fqdn,
    roles: host.roles.map(({ name, overrides }) =>
      Object.keys(overrides).length > 0 ? { name, overrides } : name,
    ),
    ...(host.enclosure === null ? {} : { enclosure: host.enclosure }),
    ...(host.project === null ? {} : { project: host.project }),
    ...named('variables', host.variables),
    ...(obm ? { obm: { type: obm.type, address: obm.address } } : {}),
    ...listed('devices', [...host.devices]),
    ...recovery(graph, host.fqdn),
  };
};

/** Roles of one file are put together again, each on the line where it was written. */
const roleFiles = (graph: Graph): SourceFile[] => {
  const files = new Map<string, RoleRow[]>();
  for (const role of graph.all('role'))
    files.set(role.file, [...(files.get(role.file) ?? []), role]);
  return [...files].map(([name, roles]) => ({
    name,
    text: roles.sort((a, b) => a.line - b.line).reduce(withRole, ''),
  }));
};

/** What stood above the first role, or between roles that came from different loads, is not known. */
const withRole = (file: string, { line, text }: RoleRow): string => {
  const missing = line - file.split('\n').length;
  return `${file}${'\n'.repeat(Math.max(0, missing))}${text.endsWith('\n') ? text : `${text}\n`}`;
};
