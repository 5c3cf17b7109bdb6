/** Hours of three stations in trouble: `scripts/node test/station/leadership/simulation.soak.ts [runs [seed]]`. */

import t from 'tap';
import { RandomStations } from './random-stations.ts';

const [runs = '50', first = String(Math.floor(Math.random() * 2 ** 32))] = process.argv.slice(2);

t.setTimeout(0);
for (let i = 0; i < Number(runs); i += 1) {
  const seed = Number(first) + i;
  t.test(`seed ${seed}`, async (t) => {
    const { terms, acknowledged, trouble } = await new RandomStations(t, seed).run(600);
    t.ok(terms > 1, `${terms} terms, ${acknowledged} commands, ${trouble} times trouble`);
  });
}
