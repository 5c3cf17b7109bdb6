/** The generated pages say what the code says. */

import { readFileSync } from 'node:fs';
import t from 'tap';
import { eventsPath, eventsReference } from '../../scripts/reference-events.ts';
import { lifecyclePath, withTables } from '../../scripts/reference-lifecycle.ts';
import { rulesPath, rulesReference } from '../../scripts/reference-rules.ts';
import { varsPath, varsReference } from '../../scripts/reference-vars.ts';

t.test('docs/events.md is what scripts/reference-events.ts writes', async (t) => {
  t.equal(readFileSync(eventsPath, 'utf8'), eventsReference());
});

t.test('docs/rules.md is what scripts/reference-rules.ts writes', async (t) => {
  t.equal(readFileSync(rulesPath, 'utf8'), rulesReference());
});

t.test('docs/vars.md is what scripts/reference-vars.ts writes', async (t) => {
  t.equal(readFileSync(varsPath, 'utf8'), varsReference());
});

t.test(
  'the tables of docs/life-cycle.md are what scripts/reference-lifecycle.ts writes',
  async (t) => {
    const page = readFileSync(lifecyclePath, 'utf8');
    t.equal(page, withTables(page));
    t.throws(() => withTables('# A page without tables'), { message: /no place for managed/ });
  },
);
