/** A station that runs out of descriptors says so once, lives on, and says when it is over. */

import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { startStation, temporary, until } from './harness.ts';

t.test('running out of descriptors is logged once, and so is its end', async (t) => {
  const few = ['sh', '-c', 'ulimit -n 60; exec "$@"', 'sh'];
  const station = await startStation(t, temporary(t), { through: few });
  const port = Number(new URL(station.url).port);
  const sockets = Array.from({ length: 60 }, () => connect(port, '127.0.0.1'));
  for (const socket of sockets) socket.on('error', () => undefined);
  t.teardown(() => sockets.forEach((socket) => socket.destroy()));
  await once(sockets[0]!, 'connect');
  const said = (text: string): number => station.stderr().split(text).length - 1;
  await until('it to be said', () => said('out of descriptors') > 0);
  for (const socket of sockets) socket.destroy();
  await until('its end to be said', () => said('there are descriptors again') > 0);
  t.equal((await station.ask('GET', '/readyz')).status, 200);
  t.equal(said('out of descriptors'), 1, 'once');
});
