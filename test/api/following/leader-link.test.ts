/** Connections of a station that follows to the one that leads: how many, and with whom. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import t from 'tap';
import type { Test } from 'tap';
import { LeaderLink, linksMax, linksOfTokenMax } from '../../../src/api/following/leader-link.ts';
import type { LinkLimits } from '../../../src/api/following/leader-link.ts';
import { systemTime } from '../../../src/station/time.ts';
import { folderOf } from '../../folder.ts';
import { until } from '../../station/harness.ts';
import { certificate } from '../certificate.ts';

const linked = async (
  t: Test,
  server: Server,
  { ca, most }: { ca?: string; most?: Partial<LinkLimits> } = {},
) => {
  const scheme = server instanceof createServer().constructor ? 'http' : 'https';
  const link = new LeaderLink(systemTime, ca, most);
  t.teardown(() => {
    link.close();
    server.close().closeAllConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const ask = (token: string): Promise<IncomingMessage> =>
    link.ask({
      ...{ method: 'GET', url, headers: { authorization: `Bearer ${token}` } },
      signal: AbortSignal.timeout(60_000),
      send: (request) => request.end(),
    });
  return { ask };
};

t.test('one token has so many connections to the leader, and all have so many', async (t) => {
  t.same([linksOfTokenMax, linksMax], [64, 2048]);
  const held: ServerResponse[] = [];
  const server = createServer((_request, response) => void held.push(response));
  const most = { inAll: linksOfTokenMax + 8 };
  const { ask } = await linked(t, server, { most });
  const own = Array.from({ length: linksOfTokenMax + 1 }, () => ask('one'));
  await until('the share of the one', () => held.length === linksOfTokenMax);
  const others = Array.from({ length: 9 }, (_, i) => ask(`other${i}`));
  await until('all that there are', () => held.length === most.inAll);
  // A further one would have come by now: another request of its own takes as long.
  const further = fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await until('that of the test', () => held.length > most.inAll);
  t.equal(held.length, most.inAll + 1, 'and that of the test');
  const answered = Promise.all([...own, ...others].map(async (one) => text(await one)));
  let ended = 0;
  await until('an answer to each', () => {
    while (ended < held.length) held[ended++]!.end('done');
    return ended === linksOfTokenMax + 1 + 9 + 1;
  });
  t.equal((await further).status, 200);
  t.equal((await answered).filter((one) => one === 'done').length, linksOfTokenMax + 1 + 9);
});

t.test('over TLS the leader is believed by the authorities that are named', async (t) => {
  const folder = folderOf(t, { ours: {}, theirs: {} });
  const ours = certificate(`${folder}/ours`);
  const theirs = certificate(`${folder}/theirs`);
  let asked = 0;
  const secure = (): Server =>
    createSecureServer(ours, (_request, response) => {
      asked += 1;
      response.end('done');
    });
  const { ask } = await linked(t, secure(), { ca: ours.cert.toString() });
  t.equal(await text(await ask('token')), 'done');
  t.equal(asked, 1);
  for (const ca of [undefined, theirs.cert.toString()]) {
    const { ask } = await linked(t, secure(), ca === undefined ? {} : { ca });
    await t.rejects(ask('token'), { name: 'NotReachedError', message: /: give --stations-ca / });
  }
  t.equal(asked, 1, 'who is not believed is told nothing, no token either');
});
