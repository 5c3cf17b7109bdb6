/** Tokens that a station which follows has not heard of: the one that leads is asked before they are refused. */

import { once } from 'node:events';
import t from 'tap';
import { cookieName } from '../../../src/api/page-session/cookie.ts';
import { unknownTokenMs, unknownTokenPaces } from '../../../src/api/following/unknown-tokens.ts';
import { until } from '../../station/harness.ts';
import type { InProcess } from '../../station/harness.ts';
import { twoStations } from '../../station/two-stations.ts';

/** How often a station was asked who somebody is. */
const counted = ({ app }: InProcess): (() => number) => {
  let count = 0;
  app.server.on('request', ({ url }: { url: string }) => (count += Number(/whoami/.test(url))));
  return () => count;
};

const madeUp = (i: number): string => `hal_${String(i).padStart(12, '0')}_${'x'.repeat(43)}`;

t.test('a token is good at a station that follows before its log has brought it', async (t) => {
  const { leader, follower } = await twoStations(t);
  const asked = counted(leader);
  follower.log.line.hold();
  const issued = await leader.ask('POST', '/tokens', { name: 'new', role: 'viewer' });
  t.equal(issued.status, 201);
  const { token } = issued.body;
  t.ok(follower.station.head < leader.station.head, 'it is not there yet');
  let settled = 0;
  const cookie = `${cookieName(follower.station.access.mark)}=${token}`;
  const answers = [
    follower.app.inject({
      ...{ method: 'GET', url: '/api/v1/whoami' },
      headers: { authorization: `Bearer ${token}` },
    }),
    follower.app.inject({
      ...{ method: 'GET', url: '/api/v1/whoami', headers: { cookie, 'halcyon-page': '1' } },
    }),
    follower.app.inject({
      ...{ method: 'GET', url: '/text/fleet', headers: { cookie: `halcyon=${token}` } },
    }),
  ].map((answer) => answer.then((one) => ((settled += 1), one)));
  await until('the leader to be asked', () => asked() > 0);
  t.equal(settled, 0);
  follower.log.line.release();
  for (const { statusCode, body } of await Promise.all(answers)) t.equal(statusCode, 200, body);
  t.equal(asked(), 1, 'once for all three');
  t.match(await follower.ask('GET', '/whoami', undefined, { token }), { status: 200 });
  t.equal(asked(), 1, 'and no more from then on');
});

t.test('what the log does not bring in time is no wrong token', async (t) => {
  const { leader, follower } = await twoStations(t);
  follower.log.line.hold();
  const { token } = (await leader.ask('POST', '/tokens', { name: 'new', role: 'viewer' })).body;
  const began = performance.now();
  t.match(await follower.ask('GET', '/whoami', undefined, { token }), {
    ...{ status: 504, headers: { 'retry-after': '1' }, body: { code: 'revision-not-reached' } },
  });
  t.ok(performance.now() - began >= unknownTokenMs - 50);
});

t.test('the leader is asked about made-up tokens at a pace, and about no others', async (t) => {
  const { leader, follower } = await twoStations(t);
  const asked = counted(leader);
  const ask = async (token: string, remoteAddress = '192.0.2.1'): Promise<string> => {
    const { statusCode, body } = await follower.app.inject({
      ...{ method: 'GET', url: '/api/v1/whoami', remoteAddress },
      headers: { authorization: `Bearer ${token}` },
    });
    return `${statusCode} ${(JSON.parse(body) as { code: string }).code}`;
  };
  const wrong = `${leader.admin.slice(0, -1)}${leader.admin.endsWith('A') ? 'B' : 'A'}`;
  for (const token of ['no-token', wrong]) t.equal(await ask(token), '401 unauthenticated');
  t.equal(asked(), 0, 'of what is known here');

  const { ofAddress, inAll } = unknownTokenPaces;
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const many = await Promise.all(Array.from({ length: 60 }, (_, i) => ask(madeUp(i))));
  t.equal(many.filter((one) => one === '401 unauthenticated').length, asked());
  t.ok(asked() >= ofAddress.burst && asked() <= ofAddress.burst + seconds() * ofAddress.perSecond);
  t.same([...new Set(many)].sort(), ['401 unauthenticated', '429 too-many-requests']);
  t.equal(await ask(madeUp(100), '192.0.2.2'), '401 unauthenticated', 'others have their own');

  await Promise.all(
    Array.from({ length: 300 }, (_, i) => ask(madeUp(1000 + i), `198.51.100.${i % 250}`)),
  );
  t.ok(asked() >= inAll.burst && asked() <= inAll.burst + seconds() * inAll.perSecond, 'in all');
  t.match(await follower.ask('GET', '/whoami'), { status: 200 }, 'who is known is let in');
});

t.test('without a leader nobody can tell what an unknown token is', async (t) => {
  const { leader, follower } = await twoStations(t);
  const ask = async (headers = {}): Promise<unknown> =>
    follower.ask('GET', '/whoami', undefined, { token: madeUp(1), headers });
  t.match(await ask(), { status: 401 });
  const asked = counted(leader);
  const looped = await ask({ 'halcyon-forwarded': 'head1' });
  t.match(looped, { status: 503, body: { code: 'no-leader' } }, 'it is not passed on twice');
  t.equal(asked(), 0);
  const closed = once(leader.app.server, 'close');
  leader.app.server.close();
  leader.app.server.closeAllConnections();
  await closed;
  t.match(await ask(), {
    ...{ status: 503, headers: { 'retry-after': '1' } },
    body: { code: 'no-leader', detail: /whether it is valid cannot be told: head1, which leads/ },
  });
});
