/** A few random calls and deaths at a station and an OBM daemon; `obm-deaths.soak.ts` takes more time for them. */

import t from 'tap';
import { runRandomObmDeaths } from './random-obm-deaths.ts';

t.test('32, 33, 39: a few random calls and deaths, of a seed that is fixed', async (t) =>
  runRandomObmDeaths(t, {
    machines: 2,
    acts: 14,
    seconds: Infinity,
    seed: Number(process.env['HALCYON_SEED'] ?? 3),
  }),
);
