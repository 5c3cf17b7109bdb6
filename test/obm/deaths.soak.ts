/** Ten minutes of random orders, tokens and deaths at an OBM daemon, and a hundred kills of one BMC's. */

import { randomInt } from 'node:crypto';
import t from 'tap';
import { killOften } from './killed.ts';
import { runRandomDeaths } from './random-deaths.ts';

t.test('random orders, tokens and deaths, for a long time', async (t) =>
  runRandomDeaths(t, {
    seconds: Number(process.env['HALCYON_SECONDS'] ?? 600),
    seed: Number(process.env['HALCYON_SEED'] ?? randomInt(2 ** 32)),
  }),
);

t.test('a daemon that is killed a hundred times leaves a BMC usable', async (t) =>
  killOften(t, Number(process.env['HALCYON_KILLS'] ?? 100)),
);
