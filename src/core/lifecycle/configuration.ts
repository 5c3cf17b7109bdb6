/** The configuration of a process: what its environment file would hold. */

import type { Graph } from '../graph/graph.ts';
import type { ProfileRow } from '../graph/rows/cluster.ts';
import type { Kind } from '../graph/resources.ts';
import { fidKey } from '../values/fid.ts';
import type { Fid } from '../values/fid.ts';

export interface ProcessConfiguration {
  readonly fid: Fid;
  readonly node: Fid;
  readonly host: string;
  readonly role: string;
  readonly name: string;
  readonly unit: string;
  readonly ownership: 'managed' | 'independent';
  readonly endpoint: string;
  /** Names are legal shell names; the order is the one of the file. */
  readonly environment: Readonly<Record<string, string>>;
}

/** `clovis-app` becomes `CLOVIS_APP`: Halon only upper-cased, and made a name no shell accepts. */
export const variablePrefix = (unit: string): string =>
  unit.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_');

/** Where a confd finds its database. */
const confdDatabase = '/var/mero/confd/conf.xc';

/** The kinds of rows that a configuration is made of. */
export const configurationKinds = ['process', 'node', 'spec', 'profile'] as const satisfies Kind[];

/** The present configuration of an existing process. */
export const configurationOf = (graph: Graph, fid: Fid): ProcessConfiguration => {
  const process = graph.must('process', fid);
  const node = graph.must('node', process.node);
  const { spec } = graph.must('spec', process.spec);
  const ha = graph.indexes.haProcesses.of(node.fid);
  const profile = firstProfile(graph);
  const environment: Record<string, string> = {
    [`MERO_${variablePrefix(spec.unit)}_EP`]: process.endpoint,
    ...(ha ? { MERO_HA_EP: ha.endpoint } : {}),
    ...(profile ? { MERO_PROFILE_FID: profile.fid } : {}),
    MERO_PROCESS_FID: fid,
    ...(spec.services.includes('CONFD') ? { MERO_CONF_XC: confdDatabase } : {}),
    ...spec.environment,
  };
  for (const [key, value] of Object.entries(process.ranges)) environment[key] = String(value);
  return {
    fid,
    node: node.fid,
    host: node.host,
    role: process.role,
    name: spec.name,
    unit: spec.unit,
    ownership: spec.ownership,
    endpoint: process.endpoint,
    environment,
  };
};

const firstProfile = (graph: Graph): ProfileRow | undefined => {
  let first: ProfileRow | undefined;
  for (const row of graph.all('profile'))
    if (!first || fidKey(row.fid) < fidKey(first.fid)) first = row;
  return first;
};

/**
 * The environment as a file that systemd's `EnvironmentFile=` and a POSIX shell's `.` read alike:
 * double quotes, with a backslash before the four characters that are special inside them in both
 * (systemd.exec(5); POSIX XCU 2.2.3).
 */
export const environmentFile = (environment: Readonly<Record<string, string>>): string =>
  Object.entries(environment)
    .map(([key, value]) => `${key}="${value.replaceAll(/["\\$`]/g, '\\$&')}"\n`)
    .join('');
