/** `halctl system station list`: what each station says itself, and which do not answer. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { openSharedMemoryLog, SharedMemory } from '../../src/log/shared-memory.ts';
import type { StationLine } from '../../src/client/view/stations.ts';
import { ledBy, openStation } from '../station/harness.ts';
import { environment, shell } from './station.ts';

/** A server that takes connections and says nothing. */
const silent = async (t: Test): Promise<{ url: string; server: Server }> => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
};

/** Where nobody listens any more. */
const closed = async (t: Test): Promise<string> => {
  const { url, server } = await silent(t);
  await new Promise((resolve) => server.close(resolve));
  return url;
};

t.test('each station is asked itself, and one that does not answer is unknown', async (t) => {
  const folder = t.testdir({ home: {} });
  const log = openSharedMemoryLog({ storage: new SharedMemory() });
  const url = await closed(t);
  const place = { name: 'head1', url };
  const { app, station, admin } = await openStation(t, { log, ...place });
  await app.listen({ host: '127.0.0.1', port: Number(new URL(url).port) });
  await ledBy(station, place);
  const env = environment(`${folder}/home`, { HALCYON_STATION: url, HALCYON_TOKEN: admin });
  const halctl = (line: string) => shell(`halctl system station ${line}`, folder, env);

  const added = await halctl(`add head2.example --url ${await closed(t)}`);
  t.equal(added.code, 0, added.err);
  t.match(
    added.out,
    /Copy station\.key[^]*halcyon station --name head2\.example --url http:.* --log/,
  );
  t.equal((await halctl(`add head3 --url ${(await silent(t)).url}`)).code, 0);
  t.equal((await halctl(`add head4 --url ${url}`)).code, 0, 'where another one answers');

  const { code, out, err } = await halctl('list --json');
  t.equal(code, 0, err);
  const lines = JSON.parse(out) as StationLine[];
  t.match(lines, [
    { name: 'head1', role: 'leading', lag: 0, revision: station.head, durability: 'memory', url },
    { name: 'head2.example', role: 'unknown', revision: null, lag: null, matter: /refused/ },
    { name: 'head3', role: 'unknown', matter: 'no answer within 3 s' },
    { name: 'head4', role: 'unknown', matter: /head1 answers/ },
  ]);
  const table = (await halctl('list')).out;
  t.match(table, /^NAME +ROLE +TERM +REVISION +LAG +DURABILITY +SINCE +URL\n/);
  t.match(table, /^head1 +leading +\d+ +\d+ +0 +memory +\S+ +http:/m);
  t.match(table, /^head3 +unknown +- +- +- +- +- +http:/m);
  t.match(table, /^head3: no answer within 3 s$/m);
  t.notMatch(table, /\bdown\b/);
  t.notMatch(table + out, admin);

  t.match(await halctl('add head5 --url https://me:pass@head5'), {
    code: 4,
    err: /^(?!.*pass)[^]*invalid-station/,
  });
  t.match(await halctl('add head5'), { code: 2, err: /--url/ });
  const gone = await halctl('retire head2.example');
  t.match(gone, { code: 0, out: /^head2\.example leads no more; revision \d+\./ });
  t.match(await halctl('retire head2.example'), { code: 3, err: /unknown-station/ });
  t.match((await halctl('status')).out, /^name +head1\nrole +leading since /m);
});
