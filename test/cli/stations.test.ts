/** `halctl system station list`: what each station says itself, and which do not answer. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import type { StationLine } from '../../src/client/view/stations.ts';
import { folderOf } from '../folder.ts';
import { until } from '../station/harness.ts';
import { freeUrl, twoStations } from '../station/two-stations.ts';
import { environment } from './station.ts';
import { typed } from './typed.ts';

/** A server that takes connections and says nothing. */
const silent = async (t: Test): Promise<string> => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

t.test('each station is asked itself, and one that does not answer is unknown', async (t) => {
  const folder = folderOf(t, { home: {} });
  const { leader, follower } = await twoStations(t);
  const { admin, station, url } = leader;
  const env = environment(`${folder}/home`, { HALCYON_STATION: url, HALCYON_TOKEN: admin });
  const halctl = (line: string, at = url) =>
    typed(`halctl system station ${line}`, folder, { ...env, HALCYON_STATION: at });

  const added = await halctl(`add head3.example --url ${await freeUrl()}`);
  t.equal(added.code, 0, added.err);
  t.match(
    added.out,
    /Copy station\.key[^]*halcyon station --name head3\.example --url http:.* --log[^]*to agents and people, too \(HALCYON_STATION\)/,
  );
  t.equal((await halctl(`add head4 --url ${await silent(t)}`)).code, 0);
  t.equal((await halctl(`add head5 --url ${url}`)).code, 0, 'where another one answers');
  await until('the other one to follow', () => follower.station.head === station.head);

  const { term } = station.standing;
  const head = station.head;
  for (const asked of [url, follower.url]) {
    const { code, out, err } = await halctl('list --json', asked);
    t.equal(code, 0, err);
    t.match(JSON.parse(out) as StationLine[], [
      {
        ...{ name: 'head1', role: 'leading', term, revision: head, lag: 0, matter: null, url },
        durability: 'memory',
      },
      { name: 'head2', role: 'following', term, revision: head, lag: 0, matter: null },
      { name: 'head3.example', role: 'unknown', revision: null, lag: null, matter: /refused/ },
      { name: 'head4', role: 'unknown', matter: 'no answer within 3 s' },
      { name: 'head5', role: 'unknown', matter: /head1 answers/ },
    ]);
    t.notMatch(out, admin);
  }
  const table = (await halctl('list')).out;
  t.match(table, /^NAME +ROLE +TERM +REVISION +LAG +DURABILITY +SINCE +URL\n/);
  t.match(table, /^head1 +leading +\d+ +\d+ +0 +memory +\S+ +http:/m);
  t.match(table, /^head2 +following +\d+ +\d+ +0 +memory +\S+ +http:/m);
  t.match(table, /^head4 +unknown +- +- +- +- +- +http:/m);
  t.match(table, /^head4: no answer within 3 s$/m);
  t.notMatch(table, /\bdown\b/);

  t.match(await halctl('add head6 --url https://me:pass@head6'), {
    code: 4,
    err: /^(?!.*pass)[^]*invalid-station/,
  });
  t.match(await halctl('add head6'), { code: 2, err: /--url/ });
  const gone = await halctl('retire head3.example', follower.url);
  t.match(gone, { code: 0, out: /^head3\.example leads no more; revision \d+\./ });
  t.match(await halctl('retire head3.example'), { code: 3, err: /unknown-station/ });
  t.match((await halctl('status')).out, /^name +head1\nrole +leading since /m);
  t.match((await halctl('status', follower.url)).out, /^role +following since .*head1 leads, at/m);
});

t.test('a station that nobody added says so', async (t) => {
  const folder = folderOf(t, { home: {} });
  const { follower } = await twoStations(t, { isKnown: false });
  const env = environment(`${folder}/home`, {
    ...{ HALCYON_STATION: follower.url, HALCYON_TOKEN: follower.admin },
  });
  const { out } = await typed('halctl system station status', folder, env);
  t.match(out, /^role +following .*none of the stations of the cluster, and may not lead$/m);
});
