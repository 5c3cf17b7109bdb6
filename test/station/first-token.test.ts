/** The first token of an administrator is shown once: whoever stops a station meanwhile does not lose it. */

import { join } from 'node:path';
import t from 'tap';
import { runStation, startStation, temporary } from './harness.ts';

t.test('a station told to stop as soon as it listens shows its token, and ends well', async (t) => {
  const directory = join(temporary(t), 'data');
  const station = runStation(t, ['--data', directory, '--listen', '127.0.0.1:0']);
  station.process.stdout!.once('data', () => station.process.kill('SIGTERM'));
  t.equal(await station.ended, 0);
  t.match(station.stdout(), /^listening on/);
  const token = /^bootstrap admin token: (\S+)$/m.exec(station.stdout())?.[1];
  const again = await startStation(t, directory, { token: token ?? 'none was shown' });
  t.equal((await again.ask('GET', '/status')).status, 200);
});
