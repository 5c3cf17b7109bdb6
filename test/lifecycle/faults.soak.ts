/** Ten minutes of random faults on five hosts. */

import { randomInt } from 'node:crypto';
import t from 'tap';
import { runRandomFaults } from './random-faults.ts';

t.test('random orders and deaths, for a long time', async (t) =>
  runRandomFaults(t, {
    hosts: 5,
    seconds: Number(process.env['HALCYON_SECONDS'] ?? 600),
    seed: Number(process.env['HALCYON_SEED'] ?? randomInt(2 ** 32)),
  }),
);
