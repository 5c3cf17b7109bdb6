/** What one token can make the station keep and do: a share, and no more. */

import t from 'tap';
import { openStation, host } from '../station/harness.ts';
import type { InProcess, Json } from '../station/harness.ts';

/** A process and its token. */
const processOf = async ({
  ask,
  fill,
  tokenOf,
}: InProcess): Promise<{ fid: string; token: string }> => {
  await fill();
  const added = await ask('POST', '/processes', { host, role: 'clovis-app' });
  const { fid } = added.body.processes.find(({ role }: Json) => role === 'clovis-app');
  return { fid, token: await tokenOf('process', { process: fid }) };
};

t.test('what may be repeated as it is keeps no idempotency key', async (t) => {
  const opened = await openStation(t);
  const { fid, token } = await processOf(opened);
  const { ask, station } = opened;
  for (const [i, state] of ['online', 'offline', 'online'].entries()) {
    const asked = { token, key: `k${i}` };
    t.equal((await ask('PUT', `/processes/${fid}/state`, { state }, asked)).body.changed, true);
  }
  t.equal(
    (await ask('PUT', `/processes/${fid}/lease`, { seconds: 60 }, { token, key: 'l' })).status,
    200,
  );
  t.equal((await ask('PUT', '/vars', { endpoint_cooldown: 5 }, { key: 'v' })).status, 200);
  t.equal(station.graph.count('request'), 0);
});
