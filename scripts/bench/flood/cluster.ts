/** A cluster for floods: large, with a long log, and with a token of each kind. */

import type { CredentialRole } from '../../../src/core/values/credential-roles.ts';
import type { Fid } from '../../../src/core/values/fid.ts';
import { newToken } from '../../../src/station/access/tokens.ts';
import type { Station } from '../../../src/station/station.ts';
import { appRole, bench, fqdn, nodeUp, nothing, openStation } from '../station.ts';
import type { Target } from './flood.ts';

export interface Size {
  readonly hosts: number;
  readonly processesPerHost: number;
  /** How often each host reports another fact. */
  readonly rounds: number;
}

export type Cluster = Omit<Target, 'url'>;

/** A managed process beside the others; nobody starts it, since no agent is there. */
const daemonRole = {
  name: 'daemon',
  format: 'native',
  file: 'bench.yaml',
  line: 1,
  requires: [],
  text: `- role: daemon
  processes:
    - name: daemon
      endpoint: "{{ lnid }}:12345:41:200"
      command: [/bin/sleep, "1000"]
`,
} as const;

const issue = async (
  station: Station,
  role: CredentialRole,
  { host = null, process = null }: { host?: string | null; process?: Fid | null } = {},
): Promise<string> => {
  const { id, hash, token } = newToken();
  await must(
    station.submit(
      { type: 'IssueCredential', id, name: role, role, hash, host, process, expires: 0 },
      bench,
      nothing,
    ),
  );
  return token;
};

const must = async <R extends { ok: boolean }>(submitted: Promise<R>): Promise<R> => {
  const result = await submitted;
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result;
};

/** Fills an empty data directory. */
export const makeCluster = async (
  directory: string,
  { hosts, processesPerHost, rounds }: Size,
): Promise<Cluster> => {
  const station = await openStation(directory, 50_000);
  const declaration = { ...appRole, roles: [...appRole.roles, daemonRole] };
  await must(station.submit({ type: 'LoadDeclaration', declaration }, bench, nothing));
  const all = Array.from({ length: hosts }, (_, i) => i);
  for (let round = 0; round < rounds; round += 1)
    await Promise.all(all.map((i) => must(station.submit(nodeUp(i, round), bench, nothing))));
  const add = (host: string, role: string, multiplicity?: number): Promise<unknown> => {
    const overrides = multiplicity === undefined ? {} : { multiplicity };
    const roles = [{ name: role, overrides }];
    return must(
      station.submit({ type: 'AddProcesses', host, roles, tokens: false }, bench, nothing),
    );
  };
  for (const i of all.slice(1)) await add(fqdn(i), 'app', processesPerHost);
  const [process] = station.graph.all('process');
  const { fid } = process!;

  await add(fqdn(1), 'daemon');
  const node = station.graph.one('runs', fqdn(1))!;
  const wanted = { type: 'WantNode', fid: node.fid, state: 'online', force: false } as const;
  const vars = { process_start_timeout: 3600 };
  await must(station.submit({ type: 'SetVars', vars }, bench, nothing));
  const started = await station.submit(wanted, bench, nothing);
  if (!started.ok) throw new Error(started.rejection.message);

  const tokens = {
    admin: await station.access.adminToken('bench'),
    operator: await issue(station, 'operator'),
    viewer: await issue(station, 'viewer'),
    agent: await issue(station, 'agent', { host: fqdn(0) }),
    process: await issue(station, 'process', { process: fid }),
  };
  const head = station.head;
  await station.close();
  return {
    tokens,
    agentHost: fqdn(0),
    fid,
    oftenReported: fqdn(1),
    operation: started.revision,
    head,
  };
};
