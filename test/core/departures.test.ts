/** Processes that could not be stopped are remembered, and there is an end to how many. */

import t from 'tap';
import { evolve } from '../../src/core/graph/evolve/index.ts';
import { departuresMax } from '../../src/core/graph/evolve/removal.ts';
import { Graph } from '../../src/core/graph/graph.ts';
import { fid } from '../../src/core/values/fid.ts';
import { revision } from '../../src/core/values/revision.ts';
import { noon } from './scenario.ts';

t.test('so many that could not be stopped are remembered, the latest', async (t) => {
  const graph = new Graph();
  const left = (i: number) => fid('process', i);
  const abandon = (i: number): void =>
    evolve(
      graph,
      {
        type: 'ProcessAbandoned',
        data: {
          fid: left(i),
          host: 'a.example',
          name: 'app',
          reason: 'not ended within 600 s',
          until: noon + i,
        },
      },
      { revision: revision(i), at: noon },
    );
  for (let i = 1; i <= departuresMax; i += 1) abandon(i);
  t.ok(graph.get('departure', left(1)), 'as many as there may be');
  abandon(departuresMax + 1);
  t.equal(graph.get('departure', left(1)), undefined);
  t.ok(graph.get('departure', left(2)));
  t.ok(graph.get('departure', left(departuresMax + 1)));
  t.equal(graph.count('departure'), departuresMax);
  t.equal(graph.indexes.deadlines.count('departure-expiry'), departuresMax);
  const at = { revision: revision(departuresMax + 2), at: noon };
  evolve(graph, { type: 'DeparturesForgotten', data: { fids: [left(1), left(2)] } }, at);
  t.equal(graph.count('departure'), departuresMax - 1, 'one that gave way is forgotten only once');
});
