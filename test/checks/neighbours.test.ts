/** A machine of the station's own network that falls silent: the system says "no route" of it, and a route is not missing. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { obstacle } from '../lifecycle/cable.ts';

const why = obstacle();
t.test('19: a neighbour that is silent is no missing route', { skip: why ?? false }, async (t) => {
  const asks = [process.execPath, join(import.meta.dirname, 'neighbour.ts')];
  const { stdout } = await promisify(execFile)('unshare', ['--net', '--', ...asks]);
  const { alive, silent, knocked, cut } = JSON.parse(stdout) as Record<string, unknown>;
  t.equal(alive, 'refused', 'nothing listens, which is an answer');
  t.equal(silent, 'silent');
  t.match(knocked, { verdict: 'fail', cause: 'silent' });
  t.equal(cut, 'no-route', 'that our own cable is cut says nothing of it');
});
