/** Random deaths for some seconds; `deaths.soak.ts` takes more time for them. */

import { randomInt } from 'node:crypto';
import t from 'tap';
import { killOften } from './killed.ts';
import { runRandomDeaths } from './random-deaths.ts';

t.test('32, 33, 39: random orders, tokens and deaths, for a short time', async (t) =>
  runRandomDeaths(t, {
    seconds: Number(process.env['HALCYON_SECONDS'] ?? 20),
    seed: Number(process.env['HALCYON_SEED'] ?? randomInt(2 ** 32)),
  }),
);

t.test('60, quirk 3: a daemon that is killed a few times leaves a BMC usable', async (t) =>
  killOften(t, 4),
);
