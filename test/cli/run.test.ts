/** `halctl run` against a real station: commands as processes of the cluster, and what is left of them. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { folderOf } from '../folder.ts';
import { until } from '../station/harness.ts';
import type { Json } from '../station/harness.ts';
import { stationHere } from './station-here.ts';
import { environment, scripts, shell, startStation, watch } from './station.ts';
import type { Ran, RunningStation } from './station.ts';
import { typed } from './typed.ts';

const facts = `cluster: galileo
hosts:
  - fqdn: n1.example
    roles: []
    variables: { lnid: 10.0.0.1@tcp }
`;
const role = (name: string, more: string): string => `- role: ${name}
  processes:
    - name: ${name}
      type: client
      endpoint: "{{ lnid }}:12345:41:302"
      services: [RMS]
${more}`;
const roles = [
  role(
    'job',
    '      ownership: independent\n      environment:\n        PORT: { range: [9000, 9001] }\n        LABEL: "{{ label | default: \'none\' }}"\n',
  ),
  role('many', '      ownership: independent\n      multiplicity: 2\n'),
  role('kept', '      command: [sleep, "1000"]\n'),
].join('');

interface Cluster {
  readonly url: string;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly halctl: (line: string) => Promise<Ran>;
  readonly json: (line: string) => Promise<Json>;
  /** States and reasons of the processes that there ever were, oldest first. */
  readonly states: () => Promise<string[]>;
  readonly processes: () => Promise<Json[]>;
  readonly stop: () => Promise<void>;
}

const openCluster = async (
  t: Test,
  start: (t: Test, data: string) => Promise<RunningStation> = (t) => stationHere(t),
): Promise<Cluster> => {
  const folder = folderOf(t, { 'facts.yaml': facts, 'roles.yaml': roles });
  const station = await start(t, join(folder, 'data'));
  const { url, token } = station;
  writeFileSync(join(folder, 'token'), token, { mode: 0o600 });
  const env = environment(folder, {
    HALCYON_STATION: url,
    HALCYON_TOKEN_FILE: join(folder, 'token'),
  });
  const halctl = (line: string): Promise<Ran> => typed(`halctl ${line}`, folder, env);
  const json = async (line: string): Promise<Json> =>
    JSON.parse((await halctl(`${line} --json`)).out);
  t.match(await halctl('cluster load -f facts.yaml -r roles.yaml'), { code: 0 });
  return {
    url,
    folder,
    env,
    halctl,
    json,
    stop: () => station.stop(),
    states: async () =>
      (await json('events --type ProcessStateChanged')).events.map(
        ({ data }: Json) => `${data.state}${data.reason === '' ? '' : `: ${data.reason}`}`,
      ),
    processes: async () => (await json('cluster process list')).items,
  };
};

const run = 'run --host n1.example --role job';

/** Runs halctl without a shell between, so that signals reach it. */
const started = (t: Test, { folder, env }: Cluster, args: readonly string[]): ChildProcess => {
  const child = spawn(join(scripts, 'halctl'), [...`${run} --lease 5s --`.split(' '), ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  t.teardown(() => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // Nobody of its group is left.
    }
  });
  return child;
};

t.test('a command is a process while it runs, and ends as it ends', async (t) => {
  const cluster = await openCluster(t);
  const { halctl, states, processes } = cluster;
  t.match(await halctl(`${run} -- true`), { code: 0, out: '', err: '' });
  t.same(await states(), ['online', 'offline']);
  t.match(await halctl(`${run} -- sh -c 'exit 7'`), { code: 7, out: '', err: '' });
  t.same((await states()).slice(2), ['online', 'failed: exit code 7']);
  t.match(await halctl(`${run} -- sh -c 'kill -9 $$'`), { code: 137 });
  t.match(await halctl(`${run} -- ./not-there`), {
    code: 127,
    err: /^halctl: could not run \.\/not-there: not found\n$/,
  });
  t.match(await halctl(`${run} -- ./facts.yaml`), { code: 126, err: /could not run/ });
  t.same(await processes(), []);

  t.test('its configuration is in its environment, and the rest as it was', async (t) => {
    const { code, out } = await halctl(
      `${run} --set label=night -- sh -c 'echo "$LABEL $PORT $MERO_JOB_EP $HOME"; cat; test "$HALCYON_PROCESS_FID" = "$MERO_PROCESS_FID" || exit 3' </dev/null`,
    );
    t.equal(code, 0);
    t.match(out, /^night 9000 10\.0\.0\.1@tcp:12345:41:\d+ /);
    t.ok(out.endsWith(` ${cluster.folder}\n`));
    t.match(await shell(`halctl ${run} -- cat`, cluster.folder, cluster.env, 'given'), {
      code: 0,
      out: 'given',
    });
  });

  t.test('its limits and variables are those that halctl was given', async (t) => {
    const command = `ulimit -Sn 512; unset NODE_COMPILE_CACHE; halctl ${run} -- sh -c 'ulimit -Sn; env'`;
    const { code, out } = await shell(command, cluster.folder, cluster.env);
    t.equal(code, 0);
    t.match(out, /^512\n/);
    t.notMatch(out, /^(HALCYON_STARTED_WITH|NODE_COMPILE_CACHE)=/m);
  });

  t.test('it is there meanwhile, under its lease', async (t) => {
    const { code, out } = await halctl(
      `${run} --lease 1m -- sh -c 'halctl cluster process show $HALCYON_PROCESS_FID --json'`,
    );
    t.equal(code, 0);
    t.match(JSON.parse(out), { state: 'online', lease: 60, host: 'n1.example', role: 'job' });
  });

  t.test('a role that does not fit is refused, and nothing is left', async (t) => {
    for (const [name, message] of [
      ['many', 'the role many gives 2 processes; one is needed'],
      ['kept', 'the role kept gives managed processes: Halcyon runs them itself'],
    ]) {
      const { code, out, err } = await halctl(`run --host n1.example --role ${name} -- echo ran`);
      t.match({ code, out }, { code: 4, out: '' });
      t.ok(err.startsWith(`halctl: ${message}`), err);
    }
    t.match(await halctl('run --host n1.example --role nope -- true'), { code: 3 });
    t.match(await halctl(`${run} --lease 2s -- true`), { code: 2, err: /from 5s to 24h/ });
    t.match(await halctl(`${run}`), { code: 2 });
    t.same(await processes(), []);
  });
});

t.test('signals go to the command', async (t) => {
  const cluster = await openCluster(t);
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const) {
    const child = started(t, cluster, ['sh', '-c', 'echo begun; exec sleep 60']);
    await watch(child.stdout!).until((text) => text === 'begun\n');
    child.kill(signal);
    t.same(await once(child, 'exit'), [code, null], signal);
    t.equal((await cluster.states()).at(-1), `failed: ended by ${signal}`);
  }
  const script = "trap 'echo tidied; exit 0' TERM; echo begun; while :; do sleep 0.05; done";
  const tidy = started(t, cluster, ['sh', '-c', script]);
  const output = watch(tidy.stdout!);
  await output.until((text) => text === 'begun\n');
  tidy.kill('SIGTERM');
  t.same(await once(tidy, 'exit'), [0, null], 'a command may take a signal in its own way');
  t.equal(output.text, 'begun\ntidied\n');
  t.equal((await cluster.states()).at(-1), 'offline');
  t.same(await cluster.processes(), []);
});

t.test('who dies without a word loses the process when the lease runs out', async (t) => {
  const cluster = await openCluster(t);
  const { ask } = api(cluster);
  const dying = started(t, cluster, ['sh', '-c', 'echo $HALCYON_PROCESS_FID; exec sleep 60']);
  const fid = (await watch(dying.stdout!).until((text) => text.endsWith('\n'))).trim();
  const living = started(t, cluster, ['sh', '-c', 'echo begun; exec sleep 60']);
  await watch(living.stdout!).until((text) => text === 'begun\n');
  process.kill(dying.pid!, 'SIGKILL');
  t.match((await ask(`/processes/${fid}`)).status, 200, 'the lease still runs');
  await until(
    'the process to be removed',
    async () => (await ask(`/processes/${fid}`)).status === 404,
  );
  t.same((await cluster.states()).at(-1), 'failed: its lease of 5 s was not renewed');
  t.match(await cluster.processes(), [{ state: 'online' }], 'the other one renews its own');
  living.kill('SIGTERM');
  t.same(await once(living, 'exit'), [143, null]);
});

t.test('where the station is away at the end, the lease does the rest', async (t) => {
  const cluster = await openCluster(t, startStation);
  const child = started(t, cluster, ['sh', '-c', 'echo begun; exec sleep 60']);
  const said = watch(child.stderr!);
  await watch(child.stdout!).until((text) => text === 'begun\n');
  await cluster.stop();
  child.kill('SIGTERM');
  t.same(await once(child, 'close'), [143, null]);
  t.match(said.text, /could not report the end of 0x.*its lease of 5 s runs out/);
  const before = Date.now();
  const again = await startStation(t, join(cluster.folder, 'data'), {
    listen: new URL(cluster.url).host,
    first: false,
  });
  t.equal(again.url, cluster.url);
  await until('the process to be removed', async () => (await cluster.processes()).length === 0);
  const { events } = await cluster.json('events --type ProcessRemoved');
  t.equal(events.length, 1);
  t.ok(events[0].at - before >= 5000, 'one full lease after the start');
});

const api = ({ url, env }: Cluster) => ({
  ask: async (path: string): Promise<Response> => {
    const token = readFileSync(env['HALCYON_TOKEN_FILE']!, 'utf8');
    return fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
  },
});
