/** Ten minutes of random calls and deaths at a station, an OBM daemon and the BMCs behind it. */

import { randomInt } from 'node:crypto';
import t from 'tap';
import { runRandomObmDeaths } from './random-obm-deaths.ts';

t.test('random calls and deaths, for a long time', async (t) =>
  runRandomObmDeaths(t, {
    machines: 4,
    acts: Number(process.env['HALCYON_ACTS'] ?? Infinity),
    seconds: Number(process.env['HALCYON_SECONDS'] ?? 600),
    seed: Number(process.env['HALCYON_SEED'] ?? randomInt(2 ** 32)),
  }),
);
