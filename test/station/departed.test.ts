/** Where processes and nodes were that are gone. */

import t from 'tap';
import type { Graph, Watcher } from '../../src/core/graph/graph.ts';
import { Departed, departedKept } from '../../src/station/queries/departed.ts';

t.test(
  'where the last ones were that are gone is remembered, and the host by its new name',
  (t) => {
    let tell: Watcher = () => undefined;
    const watch: Graph['watch'] = (watcher) => {
      tell = watcher;
      return () => undefined;
    };
    const departed = new Departed({ watch });
    const leaves = (kind: 'process' | 'node', key: string, row: object): void =>
      tell(kind, key, row as never, undefined);
    for (let i = 0; i <= departedKept; i += 1) leaves('process', `p${i}`, { node: `n${i}` });
    t.equal(departed.nodeOf('p0'), undefined, 'that which went first is forgotten');
    t.equal(departed.nodeOf('p1'), 'n1');
    t.equal(departed.nodeOf(`p${departedKept}`), `n${departedKept}`);
    leaves('node', 'n1', { host: 'a.example' });
    t.same(departed.nodesOf('a.example'), ['n1']);
    const row = { fqdn: 'b.example', formerly: [{ name: 'a.example', until: 7 }] };
    tell('host', 'b.example', undefined, row as never);
    t.same(departed.nodesOf('a.example'), []);
    t.same(departed.nodesOf('b.example'), ['n1']);
    t.end();
  },
);
