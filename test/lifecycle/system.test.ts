/** What halctl tells of Halcyon itself, with real processes. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { shell } from '../cli/station.ts';
import { Cluster, until } from './cluster.ts';

const cluster = await Cluster.open(t);
const [first, second] = cluster.hosts as [string, string];
t.afterEach(async () => cluster.clear());

const json = async (line: string): Promise<ReturnType<typeof JSON.parse>> =>
  JSON.parse((await cluster.halctl(`${line} --json`)).out);

t.test('station status tells what the station is and how it does', async (t) => {
  const { code, out } = await cluster.halctl('system station status');
  t.equal(code, 0);
  t.match(out, /^version +\d.*on Node\.js 24/m);
  t.match(out, new RegExp(`^directory +${join(cluster.folder, 'data')}$`, 'm'));
  t.match(out, /^durable +all$/m);
  t.match(out, /^hosts +2, 2 agents connected$/m);
  const reply = await json('halon station status');
  t.match(reply, { pid: cluster.station.pid, head: await cluster.head(), durability: 'disk' });
  t.ok(reply.memory_bytes > 10_000_000 && reply.log_bytes > 0 && reply.uptime_seconds >= 0);
});

t.test('service status tells which agents are there, and when they were heard', async (t) => {
  const all = await cluster.halctl('system service status');
  t.equal(all.code, 0);
  t.match(all.out, /^n1\.example +connected +up +\S+ +1\.4 +20\S+Z +-$/m);
  await cluster.killAgent(second);
  await until('it is away', async () => !(await cluster.client.getAgent(second)).connected);
  const away = await cluster.halctl('system service status n[1-2].example');
  t.equal(away.code, 1);
  t.match(away.out, /^n2\.example +away +\S+ +\S+ +- +20\S+Z/m, 'the last word is remembered');
  t.match(away.err, '1 of 2 agents is not connected');
  t.equal((await cluster.halctl('system service status n1.example')).code, 0);
  const none = await cluster.halctl('system service status n[1-2].example n7.example');
  t.equal(none.code, 3);
  t.match(none.err, 'there is no host n7.example');
  await until('it is down', async () => (await cluster.host(second))?.state === 'down');
  t.type((await cluster.client.getAgent(second)).heard, 'number', 'also when it was given up');
  await cluster.startAgent(second);
});

t.test(
  'traces are switched on and off while an agent runs, and hold when it comes back',
  async (t) => {
    const { code, out } = await cluster.halctl('system node enable-traces n1.example');
    t.same({ code, out }, { code: 0, out: 'The agent of n1.example logs all that it does.\n' });
    const agent = cluster.agents.get(first)!;
    await until('it traces', () => agent.hasLogged(/to the station/));
    t.notOk(cluster.agents.get(second)!.hasLogged(/to the station/), 'and only this one');
    t.match((await cluster.halctl('system info node n1.example')).out, /^traces +on/m);
    await cluster.killAgent(first);
    await cluster.startAgent(first);
    const next = cluster.agents.get(first)!;
    await until('the next one traces', () => next.hasLogged(/to the station/));
    t.equal((await cluster.halctl('system node disable-traces n1.example')).code, 0);
    await until(
      'it is told',
      () => next.hasLogged(/another level/) && next.log.at(-1)?.level === 30,
    );
    const lines = next.log.filter(({ level }) => level === 10).length;
    const fid = await cluster.one(first, 'worker');
    await cluster.start(fid);
    t.equal(
      next.log.filter(({ level }) => level === 10).length,
      lines,
      'nothing is traced any more',
    );
    t.match((await cluster.halctl('system info node n1.example')).out, /^traces +off/m);
    await cluster.killAgent(second);
    await until('it is away', async () => !(await cluster.client.getAgent(second)).connected);
    const away = await cluster.halctl('system node enable-traces n2.example');
    t.equal(away.code, 5);
    t.match(away.err, 'the agent of n2.example is not connected');
    t.equal((await cluster.halctl('system node enable-traces n9.example')).code, 3);
    await cluster.startAgent(second);
  },
);

t.test('cep tells what is under way, and what it waits for', async (t) => {
  const quiet = await cluster.halctl('system info cep');
  t.match(quiet.out, /^process-start +0 +-/m);
  const slow = await cluster.one(first, 'slow');
  const crasher = await cluster.one(first, 'crasher');
  const stubborn = await cluster.one(first, 'stubborn');
  const interval = (seconds: number) =>
    cluster.client.setVars({ process_restart_retry_interval: seconds });
  // The second attempt is made at once; the third would come an hour later.
  await interval(3600);
  t.teardown(() => interval(1));
  await cluster.start(stubborn);
  for (const fid of [slow, crasher]) await cluster.client.act({ verb: 'start', process: fid });
  await cluster.client.act({ verb: 'remove', process: stubborn });
  const steps = await until('all are under way', async () => {
    const { sequences } = await cluster.client.sequences();
    const of = (fid: string) => sequences.find(({ subject }) => subject === fid);
    const found = [of(slow), of(crasher), of(stubborn)];
    return found[1]?.kind === 'process-retry' && found.every(Boolean) ? found : undefined;
  });
  t.match(steps, [
    {
      kind: 'process-start',
      host: first,
      name: 'slow',
      step: 'starting, attempt 1, level 1 of its node',
    },
    { kind: 'process-retry', host: first, name: 'crasher', step: /attempt \d failed/ },
    { kind: 'process-stop', host: first, name: 'stubborn', step: /stopping, to be removed/ },
  ]);
  for (const step of steps) t.ok(step!.due > Date.now() - 1_000);
  const { out } = await cluster.halctl('system info cep');
  t.match(out, /^process-start +1 +20\S+Z +A process was told to start/m);
  t.match(out, new RegExp(`^20\\S+Z +process-start +${slow} +slow +n1\\.example +starting`, 'm'));
  t.equal((await json('system info cep --limit 1')).sequences.length, 1);
  t.equal((await cluster.halctl('system info cep --limit 5000')).code, 2);
});

t.test('rc tells how fast the engine is', async (t) => {
  const { out } = await cluster.halctl('system info rc');
  t.match(out, /^rate +[\d.]+ commits a second/m);
  t.match(out, /^waiting +0$/m);
  t.match(out, /^advance-node +[1-9]\d* /m);
});

t.test('service start and stop go by ssh, and end when the station agrees', async (t) => {
  const bin = join(cluster.folder, 'bin');
  mkdirSync(bin, { recursive: true });
  // In the place of ssh and systemctl: what is called is written down and carried out.
  const ssh = (script: string): void => {
    writeFileSync(join(bin, 'ssh'), `#!/bin/sh\necho "$@" >> ${bin}/called\n${script}\n`);
    chmodSync(join(bin, 'ssh'), 0o755);
  };
  const env = cluster.environment();
  const halctl = async (line: string) =>
    shell(`halctl ${line}`, cluster.folder, { ...env, PATH: `${bin}:${env.PATH}` });
  ssh(`kill ${cluster.agents.get(second)!.pid}`);
  const fid = await cluster.one(second, 'worker');
  const pid = await cluster.start(fid);
  const stopped = await halctl('system service stop --user root n2.example');
  t.match(stopped, { code: 0, out: 'The agent of n2.example is stopped.\n' });
  t.same(
    cluster.runs(fid).map((run) => run.pid),
    [pid],
    'what it has started goes on',
  );
  const called = await shell(`cat ${bin}/called`, cluster.folder, env);
  t.match(called.out, /-l root -- n2\.example systemctl stop halcyon-agent\n$/);
  await cluster.startAgent(second);
  ssh('');
  t.match(await halctl('system service start n[1-2].example'), {
    code: 0,
    out: 'The agent of n1.example is connected.\nThe agent of n2.example is connected.\n',
  });
  ssh('echo "Permission denied (publickey)." >&2; exit 255');
  const refused = await halctl('system service start n1.example');
  t.equal(refused.code, 1);
  t.match(refused.err, /ssh to n1\.example: Permission denied \(publickey\)/);
  t.equal((await halctl("system service stop --unit 'a; reboot' n1.example")).code, 2);
});
