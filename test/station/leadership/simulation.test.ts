/** A few minutes of three stations in trouble; `simulation.soak.ts` has hours of it. */

import t from 'tap';
import { RandomStations } from './random-stations.ts';

const { HALCYON_SEED } = process.env;

t.test(
  'whatever happens to three stations, one leads at a time, and nothing is lost',
  async (t) => {
    const seed =
      HALCYON_SEED === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(HALCYON_SEED);
    t.comment(`HALCYON_SEED=${seed}`);
    const { terms, acknowledged, trouble } = await new RandomStations(t, seed).run(180);
    t.comment(`${terms} terms, ${acknowledged} commands, ${trouble} times trouble`);
    t.ok(terms > 1, 'more than one has led');
    t.ok(acknowledged > 10);
  },
);
