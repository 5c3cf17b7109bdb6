/**
 * Every kind of password and token that there is about OBMs, each used once, rightly and wrongly, through the programs
 * that people run: none is in what is kept, said, told or shown, at any moment.
 */

import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { Executable } from '../agent/executable.ts';
import { seated, sit } from '../cli/console/place.ts';
import { environment, shell } from '../cli/station.ts';
import { startFakeHost } from '../ipmi/fake-host.ts';
import { startSimulator } from '../ipmi/simulator.ts';
import { ConsoleViewer } from '../obm/console-viewer.ts';
import { Daemon } from '../obm/daemon.ts';
import { EventReader } from '../obm/event-reader.ts';
import { keptIn, processes, SecretSearch } from '../obm/secret-search.ts';
import { openStation, startStation, temporary, until } from './harness.ts';
import { ObmdProxy } from './obmd-proxy.ts';

const host = 'n1.example';
const other = 'n2.example';
const bmcPassword = 'dear-to-all-bmcs';
/** With all that somebody might have to escape. */
const wrongPassword = 'not "it" \\ 100 %é';

/** In what is said in confidence, by the names that it has there. */
const confided = /"(token|ticket)":"([^"\\]{8,})"/g;

const open = async (t: Test) => {
  const folder = temporary(t);
  const place = (name: string): string => join(folder, name);
  for (const name of ['given', 'home', 'agent']) mkdirSync(place(name));
  const give = (name: string, text: string): string => {
    writeFileSync(place(`given/${name}`), text, { mode: 0o600 });
    return place(`given/${name}`);
  };
  const search = new SecretSearch();
  const obmdAdmin = randomBytes(24).toString('base64url');
  search.add('token of the administrator of the daemon', obmdAdmin);
  search.add('password of a BMC', bmcPassword);
  search.add('wrong password of a BMC', wrongPassword);
  const flags = ['--poll', '1', '--log-level', 'trace'];
  const file = give('obmd.token', obmdAdmin);
  const daemon = await Daemon.start(t, [...flags, '--admin-token-file', file], obmdAdmin);
  const proxy = await ObmdProxy.start(t, () => daemon.url);
  const station = await startStation(t, place('station'), { flags: ['--log-level', 'trace'] });
  search.add('token of the administrator of the station', station.admin!);
  return { folder, place, give, search, daemon, proxy, station };
};

t.test('13, 14, 29: of no kind is a secret in anything that is kept, said or shown', async (t) => {
  const { folder, place, give, search, daemon, proxy, station } = await open(t);
  /** All that the commands have said. */
  let said = '';
  const admin = environment(place('home'), {
    HALCYON_STATION: station.url,
    HALCYON_TOKEN_FILE: give('admin.token', station.admin!),
  });
  const halctl = async (line: string, env = admin, isRefused = false): Promise<string> => {
    const ran = await shell(`halctl ${line}`, folder, env);
    if ((ran.code !== 0) !== isRefused) throw new Error(`${line}: ${ran.code} ${ran.err}`);
    said += ran.out + ran.err;
    return ran.out;
  };
  const shownOnce = (text: string, secret: string, what: string): string => {
    const [before = '', after = '', ...more] = text.split(secret);
    t.same(more, [], `${what} is shown once`);
    return before + after;
  };
  const looked = new Set<string>();
  proxy.hears = (text) => {
    for (const [, name, secret] of text.matchAll(confided))
      search.add(`${name} of ${text.includes('"ticket"') ? 'a connection' : 'an OBM'}`, secret!);
  };
  // Whoever asked the station is under way then, and so is the station.
  proxy.cuts = (call, when) => {
    if (when === 'after' && !looked.has(call)) search.look(`a process during ${call}`, processes());
    if (when === 'after') looked.add(call);
    return false;
  };
  const lookEverywhere = (moment: string): void => {
    const out = shownOnce(station.stdout(), station.admin!, 'the token of the administrator');
    const places = { 'what halctl said': said, 'what the daemon said': daemon.said };
    for (const [name, text] of Object.entries({
      ...places,
      'what the station said': out + station.stderr(),
      'what the agent said': agent.stdout + agent.stderr,
      'what the station keeps': keptIn(place('station')),
      'what the daemon keeps': keptIn(daemon.data),
      'what the agent keeps': keptIn(place('agent')),
      'what halctl keeps': keptIn(place('home')),
      'a process': processes(),
    }))
      search.look(`${name}, ${moment}`, text);
  };

  await halctl(`system node add '${host},${other}'`);
  await halctl('project create climate');
  await halctl(`project attach climate ${host}`);
  const issue = async (name: string, flags: string): Promise<string> => {
    const issued = await halctl(`auth token create ${name} ${flags} --json`);
    const { token } = JSON.parse(issued) as { token: string };
    search.add(`token of the ${name}`, token);
    said = shownOnce(said, token, `the token of the ${name}`);
    return give(`${name}.token`, token);
  };
  const agentFile = await issue('agent', `--role agent --host ${host}`);
  const agentFlags = ['--state-dir', place('agent'), '--fqdn', host, '--address', '10.0.0.1'];
  const agent = new Executable(t, [
    ...['agent', '--station', station.url, '--token-file', agentFile, ...agentFlags],
  ]);
  await until('the agent is let in', async () => {
    const { body } = await station.ask('GET', '/events?type=NodeUp');
    return (body.events as unknown[]).length > 0;
  });
  const member = {
    ...admin,
    HALCYON_TOKEN_FILE: await issue('member', '--project climate --role operator'),
  };

  const line = await startFakeHost(t, { echoes: true });
  const simulator = await startSimulator(t, line.port);
  const register = (fqdn: string, name: string, pass: string, text = JSON.stringify({ pass })) =>
    `obm register ${fqdn} --obmd ${proxy.url} --admin-token-file given/obmd.token --type ipmi ` +
    `--set addr=127.0.0.1 --set port=${simulator.port} --set user=obmd --set 'suites=[3]' ` +
    `--credentials-file ${give(name, text)}`;
  await halctl(register(host, 'broken.json', '', `{"pass": "${bmcPassword}"`), admin, true);
  await halctl(
    register(host, 'more.json', '', JSON.stringify({ pass: bmcPassword, nonesuch: bmcPassword })),
    admin,
    true,
  );
  await halctl(register(host, 'bmc.json', bmcPassword));
  await halctl(register(other, 'wrong.json', wrongPassword));
  await halctl(`obm enable ${host}`, member);
  await halctl(`obm enable ${other}`);
  await halctl(`obm power on ${host}`, member);
  t.equal(simulator.power, '1', 'the password was used');
  await halctl(`obm power on ${other}`, admin, true);
  t.match(said, /credentials-refused/, 'and so was the wrong one');

  const seat = await seated(sit(t, member));
  await until('the console is typed at', () => {
    seat.types('x');
    return line.typed().includes('x');
  });
  search.look('a terminal', seat.screen.text);
  lookEverywhere('while somebody is at the console');
  seat.types('\r~.');
  await seat.ended;
  search.look('a terminal that was left', seat.screen.text);
  const ticket = await station.ask('POST', `/hosts/${host}/obm/console`, { mode: 'read-only' });
  const url = new URL(ticket.body.url as string);
  const watcher = new ConsoleViewer(daemon, url.pathname + url.search);
  await watcher.hears('mark');

  // By the token of the OBM: as obmd had it, and wrongly; and for a connection of one's own.
  const token = proxy.tokensOf(host).at(-1)!;
  await daemon.power(host, token);
  for (const path of [`/node/${host}/nothing`, `/v2/nothing`, `/node/%00/power_status`])
    await daemon.ask('GET', `${path}?token=${token}`);
  await daemon.ask('POST', `/node/${host}/power_cycle?token=${token}`, `{"force": "${token}"`);
  await daemon.ask('GET', `/node/${host}/power_status?token=${token}${token}`);
  const bearer = { authorization: `Bearer ${token}` };
  const connection = await daemon.ask(
    ...(['POST', `/v2/obms/${host}/console/connections`, { uses: 2 }, bearer] as const),
  );
  const own = JSON.parse(connection.text) as { token: string; ticket: string };
  search.add('token of a connection', own.token);
  search.add('ticket of a connection', own.ticket);
  const reader = await ConsoleViewer.attach(daemon, host, own.token);
  // One at a time.
  await reader.leave();
  const ticketed = new ConsoleViewer(daemon, `/v2/obms/${host}/console?ticket=${own.ticket}`);
  await ticketed.hears('hello');
  // The token of the station where it does not belong, as people paste it.
  await station.ask('GET', `/hosts/${host}/obm?token=${station.admin}`);
  await station.ask('POST', '/hosts', `{"fqdn": "${station.admin}"`);
  await daemon.ask('GET', `/v2/obms?token=${daemon.admin}`);
  lookEverywhere('while connections are used');
  for (const viewer of [ticketed, watcher]) await viewer.leave();

  await halctl(`obm reissue ${host}`, member);
  await halctl(`obm log ${host}`, member);
  await daemon.process.stop('SIGKILL');
  await halctl(`obm reissue ${host}`, member, true);
  await daemon.run();
  await halctl(`obm enable ${host}`, member);

  for (const format of ['json', 'dot', 'kv']) await halctl(`system info graph --format ${format}`);
  for (const words of ['cluster dump', 'obm list --json', 'auth token list --json'])
    await halctl(words);
  await halctl(`obm show ${host} --json`);
  await halctl(`obm console ${host} --list`);
  const feeds = await station.ask('GET', '/events?limit=10000');
  t.match(feeds.text, /ObmEnabled/, 'there are events');
  search.look('the events of the station', feeds.text);
  const follower = await EventReader.start(daemon, '?from=0');
  await follower.hears('connection-made', 3);
  search.look('the events of the daemon', JSON.stringify([follower.events, follower.known]));
  follower.stop();
  await follower.ended;

  await station.end('SIGTERM');
  await daemon.process.stop('SIGTERM');
  await agent.stop();
  const again = await openStation(t, {
    ...{ directory: place('station'), admin: station.admin!, snapshotEvery: 1 },
  });
  t.match(await again.ask('POST', '/hosts', { fqdn: 'n3.example' }), { status: 201 });
  await again.close();
  search.look('what the station says when it has read its log', again.logged.join('\n'));
  const names = readdirSync(place('station'), { recursive: true }).map(String);
  t.ok(
    names.some((name) => /snapshot/.test(name) && !name.endsWith('snapshots')),
    'there is a snapshot',
  );
  lookEverywhere('in the end');
  t.match(keptIn(place('station')), /ObmEnabled/, 'what is kept can be read');
  t.same([...search.found], [], 'no secret is anywhere');
  t.same(search.kinds, kinds, 'every kind was used');
  t.ok(
    calls.every((call) => looked.has(call)),
    'and processes were looked at while it was',
  );
});

/** What the station asks the daemon for, with secrets. */
const calls = ['POST connection', 'POST power', 'POST token', 'PUT node'];

/** What there is to be kept secret. */
const kinds = [
  'password of a BMC',
  'ticket of a connection',
  'token of a connection',
  'token of an OBM',
  'token of the administrator of the daemon',
  'token of the administrator of the station',
  'token of the agent',
  'token of the member',
  'wrong password of a BMC',
];
