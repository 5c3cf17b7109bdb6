/** Random faults for some seconds; `faults.soak.ts` takes more time for them. */

import { randomInt } from 'node:crypto';
import t from 'tap';
import { runRandomFaults } from './random-faults.ts';

t.test('random orders and deaths, for a short time', async (t) =>
  runRandomFaults(t, {
    hosts: 3,
    seconds: Number(process.env['HALCYON_SECONDS'] ?? 10),
    seed: Number(process.env['HALCYON_SEED'] ?? randomInt(2 ** 32)),
  }),
);
