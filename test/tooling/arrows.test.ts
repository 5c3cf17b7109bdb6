import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { arrows, breach } from '../../scripts/checks/arrows.ts';
import { findCircle, importsOf, readImports } from '../../scripts/checks/import-graph.ts';

const src = join(import.meta.dirname, '..', '..', 'src');

t.test('every import of src follows the arrows', async (t) => {
  const imports = readImports(src);
  t.ok(imports.length > 0, 'there is something to judge');
  const breaches = imports.flatMap((one) => {
    const why = breach(one);
    return why === undefined ? [] : [`${one.from}: ${why}`];
  });
  t.same(breaches, []);
});

t.test('no file of src imports itself by way of others', async (t) => {
  t.equal(findCircle(readImports(src))?.join(' -> '), undefined);
});

t.test('a circle is found wherever it begins', async (t) => {
  const chain = [
    ...importsOf('core/a.ts', "import { b } from './graph/b.ts';"),
    ...importsOf('core/graph/b.ts', "import type { C } from '../c.ts';"),
  ];
  t.equal(findCircle(chain), undefined);
  const closed = [...chain, ...importsOf('core/c.ts', "export * from './graph/b.ts';")];
  t.same(findCircle(closed), ['core/graph/b.ts', 'core/c.ts', 'core/graph/b.ts']);
});

t.test('the table names only parts that exist in it', async (t) => {
  for (const [name, { project }] of Object.entries(arrows)) {
    for (const path of Object.keys(project)) {
      const target = path.split('/')[0] ?? path;
      t.ok(target in arrows, `${name} -> ${path}`);
    }
  }
});

t.test('the table names only folders and files that exist in their part', async (t) => {
  for (const [name, { inside = {} }] of Object.entries(arrows))
    for (const [place, allowed] of Object.entries(inside))
      for (const path of [place, ...allowed])
        t.ok(existsSync(join(src, name, path)), `${name}: ${place} -> ${path}`);
});

t.test('every folder of the core, and every file beside them, has its arrows', async (t) => {
  t.strictSame(Object.keys(arrows['core']!.inside!).sort(), readdirSync(join(src, 'core')).sort());
});

const judged: readonly [file: string, statement: string, reason: RegExp | undefined][] = [
  ['core/engine.ts', "import { Type } from 'typebox';", undefined],
  ['core/engine.ts', "import { Value } from 'typebox/value';", undefined],
  ['core/engine.ts', "import { join } from 'node:path';", /core must not import node:path/],
  ['core/rules/x.ts', "import { y } from '../graph/y.ts';", undefined],
  ['core/rules/x.ts', "import type { L } from '../../log/log.ts';", /core must not import log/],
  ['core/values/x.ts', "import type { y } from './y.ts';", undefined],
  ['core/values/x.ts', "import type { E } from '../events/e.ts';", /core\/values must not import/],
  ['core/events/x.ts', "import { y } from '../values/y.ts';", undefined],
  ['core/events/x.ts', "export { y } from '../graph/y.ts';", /core\/events must not import/],
  ['core/events/x.ts', "import { Engine } from '../engine.ts';", /core\/events must not import/],
  ['core/graph/x.ts', "import { y } from '../allocation/y.ts';", /core\/graph must not import/],
  ['core/graph/evolve/x.ts', "import { y } from '../graph.ts';", undefined],
  ['core/lifecycle/x.ts', "import { y } from '../commands/y.ts';", /core\/lifecycle must not/],
  ['core/rules/x.ts', "import type { D } from '../decision.ts';", undefined],
  ['core/decision.ts', "import { y } from './rules/y.ts';", /core\/decision.ts must not import/],
  ['log/sqlite/log.ts', "import { DatabaseSync } from 'node:sqlite';", undefined],
  ['log/sqlite/log.ts', "import type { Commit } from '../../core/events/commit.ts';", undefined],
  ['log/sqlite/log.ts', "import { Commit } from '../../core/events/commit.ts';", /only types/],
  [
    'log/sqlite/log.ts',
    "import type { G } from '../../core/graph/graph.ts';",
    /log must not import/,
  ],
  ['config/roles.ts', "export { a } from '../core/values/roles.ts';", undefined],
  ['client/a.ts', "export { a } from '../contract/values.ts';", /only types/],
  ['station/station.ts', "import { Engine } from '../core/engine.ts';", undefined],
  ['station/station.ts', "import { serve } from '../api/server.ts';", /station must not import/],
  ['station/access/x.ts', "import { y } from './y.ts';", undefined],
  [
    'station/access/x.ts',
    "import { y } from '../replica/y.ts';",
    /station\/access must not import/,
  ],
  ['station/fair-use/x.ts', "import { Rate } from '../rate.ts';", /station\/fair-use must not/],
  ['station/duties/x.ts', "import { y } from '../fair-use/y.ts';", undefined],
  ['contract/x.ts', "import { y } from '../core/values/y.ts';", undefined],
  ['contract/x.ts', "import { y } from '../core/events/y.ts';", /contract must not import core/],
  ['api/server.ts', "import { Station } from '../station/station.ts';", undefined],
  ['client/client.ts', "import type { Status } from '../contract.ts';", undefined],
  ['client/client.ts', "import type { S } from '../contract/status.ts';", undefined],
  ['client/client.ts', "import type { S } from '../api/server.ts';", /client must not import/],
  ['cli/status.ts', "import { Client } from '../client/client.ts';", undefined],
  ['cli/status.ts', "import { Engine } from '../core/engine.ts';", /cli must not import/],
  ['ipmi/session.ts', "import { x } from '../obm/x.ts';", /ipmi must not import/],
  ['obm/x.ts', "import { Station } from '../station/station.ts';", /obm must not import/],
  ['daemons/station.ts', "import { Station } from '../station/station.ts';", undefined],
  ['utils/x.ts', "import { x } from 'node:fs';", /not in the table/],
];

t.test('an import is judged by the table', async (t) => {
  for (const [file, statement, reason] of judged) {
    const why = importsOf(file, statement).map((one) => breach(one));
    if (reason === undefined) t.same(why, [undefined], `${file}: ${statement}`);
    else t.match(why, [reason], `${file}: ${statement}`);
  }
});
