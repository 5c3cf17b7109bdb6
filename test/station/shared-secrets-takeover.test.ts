/** What is in confidence at a takeover: what one station was given, the one that leads after it goes on with. */

import t from 'tap';
import { codeOf } from '../../src/station/access/totp.ts';
import { Daemon } from '../obm/daemon.ts';
import { host, until } from './harness.ts';
import { twoStations } from './two-stations.ts';
import type { Listening } from './two-stations.ts';

const password = 'correct horse battery';

/** One leads no more, and the other does. */
const takeOver = async (from: Listening, to: Listening): Promise<void> => {
  const { station } = to;
  await until('the other one to know all', () => station.head === from.station.head);
  await from.close();
  await until('the other one to lead', () => station.standing.role === 'leading');
};

t.test('the one that takes over an OBM goes on with its token', async (t) => {
  const daemon = await Daemon.start(t, ['--poll', '0', '--no-console-log']);
  const { leader, follower } = await twoStations(t);
  await leader.fill();
  const obm = `/hosts/${host}/obm`;
  const as = { obmd: daemon.url, admin_token: daemon.admin, type: 'dummy', info: {} };
  t.match(await leader.ask('PUT', obm, as), { status: 201 });
  t.match(await leader.ask('POST', `${obm}/enable`), { status: 200, body: { changed: true } });
  const held = (one: Listening): string | undefined => {
    const { graph, secrets } = one.station;
    return secrets.get(`token of an OBM ${graph.get('registration', host)!.token!}`)?.password;
  };
  const token = held(leader)!;
  await takeOver(leader, follower);
  t.equal(held(follower), token, 'without another one');
  const again = await follower.ask('POST', `${obm}/enable`);
  t.match(again, { status: 200, body: { changed: false } }, 'as it works, nobody is cut off');
  t.equal(await daemon.power(host, token), 'off', 'the daemon takes it');
  const ordered = await follower.ask('POST', `${obm}/power`, { action: 'on' });
  t.ok([200, 202].includes(ordered.status), ordered.text);
  await until('the machine to be on', async () => (await daemon.power(host, token)) === 'on');
  t.match(await follower.ask('POST', `${obm}/disable`), { status: 200, body: { changed: true } });
  t.not(await daemon.power(host, token), 'on', 'and its administrator’s, too');
  t.match(await follower.ask('DELETE', obm), { status: 200 });
});

t.test(
  'what a person was given at one station is good at the next, and used up there',
  async (t) => {
    const { leader, follower } = await twoStations(t);
    const login = ({ ask }: Listening, change: object = {}) =>
      ask('POST', '/sessions', { user: 'ada', password, ...change }, { token: '' });
    t.match(await leader.ask('POST', '/users', { name: 'ada', role: 'operator' }), { status: 201 });
    t.match(await leader.ask('PUT', '/users/ada/password', { password }), { status: 200 });
    const { token } = (await login(leader)).body;
    const totp = '/users/ada/totp';
    const { secret } = (await leader.ask('POST', totp, { password }, { token })).body;
    // Half a minute may begin meanwhile: codes of the one before and the one after are good, too.
    const step = Math.floor(Date.now() / 30_000);
    const enrolled = await leader.ask('PUT', totp, { code: codeOf(secret, step) }, { token });
    t.match(enrolled, { status: 200 });
    const [first, second, third, fourth] = enrolled.body.recovery_codes as string[];
    t.match(await login(leader, { code: first }), { status: 201 });

    const both = await Promise.all([
      login(leader, { code: second }),
      login(leader, { code: second }),
    ]);
    t.same(
      both.map(({ status }) => status).sort(),
      [201, 401],
      'shown twice at once it lets in once',
    );
    const two = await Promise.all([
      login(leader, { code: third }),
      login(leader, { code: fourth }),
    ]);
    t.same(
      two.map(({ status }) => status),
      [201, 201],
      'and two of them let in twice',
    );

    await takeOver(leader, follower);
    t.match(await follower.ask('GET', '/whoami', undefined, { token }), { status: 200 });
    t.match(await login(follower), { status: 401, body: { code: 'code-needed' } });
    const now = Math.floor(Date.now() / 30_000);
    t.match(await login(follower, { code: codeOf(secret, now) }), { status: 201 });
    for (const code of [first, second, third, fourth])
      t.match(await login(follower, { code }), { status: 401 }, 'what was used up is used up');
  },
);

t.test('the token of a process that one station made is good at the next', async (t) => {
  const { leader, follower } = await twoStations(t);
  await leader.fill();
  const asked = { host, role: 'clovis-app', overrides: { multiplicity: 1 }, tokens: true };
  const { processes } = (await leader.ask('POST', '/processes', asked)).body;
  const { fid, token } = processes.at(-1);
  await takeOver(leader, follower);
  const path = `/processes/${fid}/configuration`;
  t.match(await follower.ask('GET', path, undefined, { token }), { status: 200 });
  t.match(await follower.ask('GET', path, undefined, { token: `${token}x` }), { status: 401 });
});
