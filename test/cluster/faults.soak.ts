/** Ten minutes of random faults on three stations and three servers. */

import { randomInt } from 'node:crypto';
import t from 'tap';
import { runRandomFaults } from './random-faults.ts';

t.test('random deaths, pauses and cuts, for a long time', { timeout: 3_500_000 }, async (t) =>
  runRandomFaults(t, {
    seconds: Number(process.env['HALCYON_SECONDS'] ?? 600),
    seed: Number(process.env['HALCYON_SEED'] ?? randomInt(2 ** 32)),
  }),
);
