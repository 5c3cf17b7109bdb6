/** Hosts that are lost, and what is done about them: with real processes, and a real sshd. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Daemon } from '../obm/daemon.ts';
import { startSshd } from '../station/sshd.ts';
import { Cluster, kill, until } from './cluster.ts';

const cluster = await Cluster.open(t, 2, {
  recovery_expiry_seconds: 3,
  recovery_max_retries: 3,
  recovery_max_down_percent: 50,
});
const [first, second] = cluster.hosts as [string, string];
const sshd = await startSshd(t, cluster.hosts);
t.afterEach(async () => {
  await load([]);
  for (const host of cluster.hosts) {
    // One that is there may not have been heard of yet, after a restart of the station.
    if (cluster.agents.get(host)!.hasEnded) await cluster.startAgent(host);
    await hostIs(host, 'up');
  }
  await cluster.clear();
});

const options = {
  user: sshd.user,
  port: sshd.port,
  identity_file: sshd.identity_file,
  known_hosts_file: sshd.known_hosts_file,
};

/** Loads facts that say what is done about lost hosts. */
const load = async (recovery: object[]): Promise<void> => {
  const hosts = cluster.hosts.map((fqdn) => ({ fqdn, roles: [] }));
  const text = JSON.stringify({ cluster: 'test', hosts, recovery });
  await cluster.client.load({ facts: { name: 'facts.yaml', text }, roles: [] });
};

const hostIs = (fqdn: string, state: string): Promise<boolean> =>
  until(`${fqdn} is ${state}`, async () => (await cluster.host(fqdn))?.state === state);

/** What has been said of the recovery of a host since a revision, as types of events. */
const story = async (host: string, from: number): Promise<string[]> => {
  const { events } = await cluster.client.listEvents({ from, limit: 1000 });
  return events
    .filter(({ type, data }) => /^(Recovery|Node(Up|Down)$)/.test(type) && about(data) === host)
    .map(({ type }) => type);
};

const about = (data: unknown): unknown => (data as { fqdn?: string }).fqdn;

const ended = async (
  host: string,
  from: number,
): Promise<{ outcome: string; detail: string }[]> => {
  const { events } = await cluster.client.listEvents({ from, types: ['RecoveryStepEnded'] });
  return events.map(({ data }) => data as never).filter((data) => about(data) === host);
};

/** A script that starts the agent of a host as a unit would, and that agent when the test ends. */
const restartScript = (host: string): string => {
  const file = join(sshd.folder, `restart-${host}`);
  const command = [
    join(import.meta.dirname, '../../scripts/halcyon'),
    ...cluster.agentArguments(host),
  ];
  const quoted = command.map((word) => `'${word}'`).join(' ');
  writeFileSync(
    file,
    `PATH='${process.env['PATH']}' setsid ${quoted} >/dev/null 2>&1 & echo $! >${file}.pid\n`,
  );
  t.teardown(() => kill(Number(readFileSync(`${file}.pid`, 'utf8'))));
  return file;
};

t.test('T51: an agent that is killed is restarted by ssh, and its process is kept', async (t) => {
  const fid = await cluster.one(first, 'worker');
  const pid = await cluster.start(fid);
  await load([{ ssh: { ...options, command: `sh ${restartScript(first)}` } }]);
  const from = await cluster.head();
  await cluster.killAgent(first);
  await hostIs(first, 'down');
  t.equal((await cluster.process(fid)).state, 'inhibited', 'it is not online any more');
  await hostIs(first, 'up');
  await cluster.reaches(fid, 'online');
  t.equal(await cluster.pid(fid), pid, 'with the pid it had: the new agent has adopted it');
  await until('the step has ended', async () => (await ended(first, from)).length > 0);
  t.match(await ended(first, from), [{ outcome: 'done', detail: 'ssh: exit code 0' }]);
  t.same((await story(first, from)).filter((type) => type === 'RecoveryStepBegun').length, 1);
  const told = await story(first, from);
  t.ok(told.indexOf('RecoveryStepBegun') < told.indexOf('NodeUp'));
  t.match(await cluster.halctl(`why ${first}`), { code: 0, out: /RecoveryStepBegun/ });
  const file = join(sshd.folder, `restart-${first}.pid`);
  kill(Number(readFileSync(file, 'utf8')));
  await cluster.startAgent(first);
});

t.test('T52: a host that is away for a short time comes back as it is', async (t) => {
  await cluster.client.setVars({ recovery_expiry_seconds: 3000 });
  const fid = await cluster.one(first, 'worker');
  const pid = await cluster.start(fid);
  const agent = cluster.agents.get(first)!;
  const from = await cluster.head();
  kill(agent.pid, 'SIGSTOP');
  await hostIs(first, 'down');
  const status = await cluster.halctl('cluster status');
  t.match(status.out, /no heartbeat for 10 s, down since /);
  t.match(status.out, /Recovery: 0 of 3 attempts made, the next at /);
  const node = await cluster.halctl(`system info node ${first}`);
  t.match(node.out, /recovery +0 of 3 attempts made/);
  await cluster.client.setVars({ recovery_expiry_seconds: 3 });
  kill(agent.pid, 'SIGCONT');
  await hostIs(first, 'up');
  t.equal((await cluster.host(first))?.recovery, null);
  await cluster.reaches(fid, 'online');
  t.equal(await cluster.pid(fid), pid);
  t.same(await story(first, from), ['NodeDown', 'RecoveryStarted', 'NodeUp']);
});

t.test('T53: a host that is away for good is given up, until its agent reports', async (t) => {
  const from = await cluster.head();
  await cluster.killAgent(first);
  await until('it is given up', async () => (await cluster.host(first))?.recovery?.given_up);
  const attempts = ['RecoveryAttempted', 'RecoveryAttempted', 'RecoveryAttempted'];
  const told = ['NodeDown', 'RecoveryStarted', ...attempts, 'RecoveryExhausted'];
  t.same(await story(first, from), told);
  t.match(
    (await cluster.halctl('cluster status')).out,
    /Recovery: given up after 3 attempts, until its agent reports/,
  );
  await new Promise((resolve) => setTimeout(resolve, 2500));
  t.same(await story(first, from), told, 'no more attempts');
  t.equal((await cluster.host(first))?.state, 'down');
  await cluster.startAgent(first);
  await hostIs(first, 'up');
  t.equal((await cluster.host(first))?.recovery, null);
});

t.test('when too many hosts are down at once nothing is done to them', async (t) => {
  const marker = join(sshd.folder, 'fenced');
  await load([{ ssh: { ...options, command: `echo $$ >>${marker}` }, times: 3 }]);
  const from = await cluster.head();
  await Promise.all(cluster.hosts.map((host) => cluster.killAgent(host)));
  await Promise.all(cluster.hosts.map((host) => hostIs(host, 'down')));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  t.throws(() => readFileSync(marker), { code: 'ENOENT' });
  t.match(
    (await cluster.halctl('cluster status')).out,
    /held back: 2 of 2 hosts are down, and with more than 1 nothing is done to them/,
  );
  await cluster.startAgent(second);
  await until('a step was taken', async () => (await ended(first, from)).length > 0);
  t.ok(readFileSync(marker, 'utf8').trim().split('\n').length >= 1);
  t.same((await story(second, from)).includes('RecoveryStepBegun'), false);
});

t.test('a station that is killed in a step does not take it again at once', async (t) => {
  const marker = join(sshd.folder, 'interrupted');
  await load([
    { ssh: { ...options, command: `echo x >>${marker}; sleep 8`, timeout: 15 }, times: 3 },
  ]);
  const from = await cluster.head();
  await cluster.killAgent(first);
  const begun = (): number => {
    try {
      return readFileSync(marker, 'utf8').length / 2;
    } catch {
      return 0;
    }
  };
  await until('the step has begun', begun);
  await cluster.station.stop('SIGKILL');
  await cluster.startStation();
  const interrupted = async (): Promise<{ detail: string }[]> =>
    (await ended(first, from)).filter(({ outcome }) => outcome === 'interrupted');
  await until('it is told', async () => (await interrupted()).length > 0);
  t.match(await interrupted(), [{ detail: /^the station ended/ }]);
  const done = begun();
  const steps = (await story(first, from)).filter((type) => type.startsWith('RecoveryStep'));
  // One of the test before may have ended since.
  const own = steps.slice(steps.indexOf('RecoveryStepBegun'));
  t.same(own.slice(0, 2), ['RecoveryStepBegun', 'RecoveryStepEnded'], 'one after the other');
  const times = steps.filter((type) => type === 'RecoveryStepBegun').length;
  t.ok(done <= times, `begun ${times} times, and done ${done} times`);
});

t.test('a machine that is lost is cycled by its OBM, once somebody may use that', async (t) => {
  const daemon = await Daemon.start(t, ['--poll', '0', '--no-console-log']);
  const { client } = cluster;
  await client.registerObm(first, {
    ...{ obmd: daemon.url, admin_token: daemon.admin, type: 'dummy', info: {} },
  });
  await load([{ 'power-cycle': {} }]);
  // It is not given up before anybody has looked.
  await client.setVars({ recovery_max_retries: -3 });
  const from = await cluster.head();
  await cluster.killAgent(first);
  await hostIs(first, 'down');
  await until('why nothing is done', async () =>
    (await cluster.halctl('cluster status')).out.includes('held back: its OBM is not enabled'),
  );
  t.notOk((await story(first, from)).includes('RecoveryStepBegun'));
  await client.enableObm(first);
  await until('the step has ended', async () => (await ended(first, from)).length > 0);
  t.match(await ended(first, from), [{ outcome: 'done', detail: /it was on that was sent/ }]);
  const { text } = await daemon.asAdmin('GET', `/v2/obms/${first}`);
  t.match(JSON.parse(text), { driver: 'dummy', token: { expires: null } });
  const { events } = await client.listEvents({ from, types: ['ObmOrdered', 'ObmOrderEnded'] });
  t.match(events, [
    { type: 'ObmOrdered', actor: 'station', data: { recovery: true, order: { action: 'cycle' } } },
    { type: 'ObmOrderEnded', data: { outcome: 'done' } },
  ]);
  await client.disableObm(first);
  await client.setVars({ recovery_max_retries: 3 });
});
