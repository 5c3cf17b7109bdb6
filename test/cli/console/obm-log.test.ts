/** `halctl obm log`: what a machine has written, through a station, from an OBM daemon, all real. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { folderOf } from '../../folder.ts';
import { until } from '../../ipmi/simulator.ts';
import { environment, scripts, watch } from '../station.ts';
import { host, setUp } from './place.ts';
import type { Place } from './place.ts';

/** Lets the machine say something, and waits until its log shows it. */
const say = async (
  { machine, halctl }: Place,
  text: string,
  shown = text.trimEnd(),
): Promise<void> => {
  machine.say(text);
  await until('it is in the log', async () =>
    (await halctl(`obm log ${host} --grep '${shown}'`)).out.includes(shown),
  );
};

const following = (
  t: Test,
  env: NodeJS.ProcessEnv,
  ...flags: string[]
): {
  screen: ReturnType<typeof watch>;
  said: ReturnType<typeof watch>;
  ended: Promise<unknown[]>;
} => {
  const words = ['obm', 'log', host, '--follow', ...flags];
  const child = spawn(join(scripts, 'halctl'), words, { env });
  t.teardown(() => child.kill('SIGKILL'));
  return { screen: watch(child.stdout), said: watch(child.stderr), ended: once(child, 'close') };
};

t.test('69: a log is read by time and text, as JSON, and exported as a recording', async (t) => {
  const place = await setUp(t);
  const { halctl, folder } = place;
  await say(place, 'first\r\nan \x1b[31mOops\x1b[0m\r\n', 'an Oops');
  const before = new Date().toISOString();
  await say(place, 'last\r\n');
  const all = await halctl(`obm log ${host}`);
  t.match(all, { code: 0, err: '' });
  t.match(all.out, /Z -- connected: .*\n.*Z first\n.*Z an Oops\n.*Z last\n$/s);
  const found = await halctl(`obm log ${host} --grep oops --ignore-case`);
  t.match(found.out, /^\S+Z an Oops\n$/);
  const since = await halctl(`obm log ${host} --since ${before}`);
  t.match(since.out, /^\S+Z last\n$/);
  t.match((await halctl(`obm log ${host} --until ${before}`)).out, /Oops\n$/);
  const json = await halctl(`obm log ${host} --since ${before} --json`);
  t.match(JSON.parse(json.out), { at: Number, position: Number, line: 'last' });
  for (const [flags, said] of [
    ['--since yesterday', /since is no moment/],
    [`--until ${before} --follow`, /cannot be used with/],
    ["--grep ''", /1 to 256 characters/],
  ] as const)
    t.match(await halctl(`obm log ${host} ${flags}`), { code: 2, err: said }, flags);

  const file = join(folder, 'n1.cast');
  t.match(await halctl(`obm log ${host} --export ${file}`), { code: 0, err: /asciinema play/ });
  const [head, ...events] = readFileSync(file, 'utf8').trimEnd().split('\n');
  t.match(JSON.parse(head!), { version: 2 });
  const played = events.map((line) => JSON.parse(line) as [number, string, string]);
  const output = played.flatMap(([, kind, text]) => (kind === 'o' ? [text] : [])).join('');
  t.equal(output, 'first\r\nan \x1b[31mOops\x1b[0m\r\nlast\r\n');
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.match(await halctl(`obm log ${host} --export ${file}`), { code: 2, err: /is there already/ });

  const { out } = await halctl(`obm console ${host} --list --json`);
  t.same(JSON.parse(out), { connections: [] }, 'whoever has read it is there no more');
});

t.test('an export that is killed is not taken for a whole one', async (t) => {
  // A station and a daemon that give a part of a log, and no end of it.
  const server = createServer(({ method }, response) => {
    const { port } = server.address() as AddressInfo;
    const opened = { id: 'connection', url: `http://127.0.0.1:${port}/log`, ca: null };
    response.writeHead(method === 'POST' ? 201 : 200, { 'content-type': 'application/json' });
    if (method === 'POST') response.end(JSON.stringify(opened));
    else response.write('{"version":2}\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => (server.closeAllConnections(), server.close()));
  const folder = folderOf(t, { home: {}, logs: {} });
  const { port } = server.address() as AddressInfo;
  const env = environment(join(folder, 'home'), {
    HALCYON_STATION: `http://127.0.0.1:${port}`,
    HALCYON_TOKEN: 'hal_1_x',
  });
  const logs = join(folder, 'logs');
  const words = ['obm', 'log', host, '--export', join(logs, 'n1.cast')];
  const child = spawn(join(scripts, 'halctl'), words, {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const sizes = (): number[] => readdirSync(logs).map((name) => statSync(join(logs, name)).size);
  await until('a part is there', () => sizes().some((size) => size > 0));
  child.kill('SIGKILL');
  t.same(await ended, [null, 'SIGKILL']);
  t.notOk(readdirSync(logs).includes('n1.cast'));
});

t.test('9, 10: a log is for whoever has the machine, and of the time that he has it', async (t) => {
  const place = await setUp(t);
  const { halctl, member, machine } = place;
  await say(place, 'of climate\r\n');
  const [before, viewer] = [await member('operator'), await member('viewer')];
  t.match(await halctl(`obm log ${host}`, viewer.env), { code: 0, out: /of climate/ });
  const follower = following(t, before.env);
  await until('he follows', async () => {
    machine.say('now\r\n');
    return follower.screen.text.includes('Z now\n');
  });
  t.notMatch(follower.screen.text, 'of climate', 'from now on');
  for (const words of [
    ...[`obm disable ${host}`, `project detach climate ${host}`, 'project create ocean'],
    ...[`project attach ocean ${host}`, `obm enable ${host}`],
  ])
    t.match(await halctl(words), { code: 0 }, words);
  machine.say('of ocean\r\n');
  await follower.ended;
  t.notMatch(follower.screen.text, 'of ocean', 'who had it sees nothing of what comes');
  t.match(await halctl(`obm log ${host}`, before.env), { code: 3, err: /there is no host/ });
  const after = await member('viewer', 'ocean');
  await until('the new one sees his own', async () =>
    (await halctl(`obm log ${host}`, after.env)).out.includes('of ocean'),
  );
  const { out } = await halctl(`obm log ${host}`, after.env);
  t.notMatch(out, /climate|now/, 'and nothing of what was before');
});

t.test('who follows goes on where it broke off', async (t) => {
  const place = await setUp(t);
  const { env, daemon, machine } = place;
  const follower = following(t, env, '--since', new Date(0).toISOString());
  machine.say('one\r\n');
  await follower.screen.until((text) => text.includes('Z one\n'));
  await daemon.process.stop('SIGKILL');
  await follower.said.until((text) => text.includes('trying again'));
  await daemon.run();
  await until('the console', () => machine.isConnected);
  machine.say('two\r\n');
  await follower.screen.until((text) => text.includes('Z two\n'));
  t.equal(follower.screen.text.split('Z one\n').length, 2, 'nothing twice');
});
