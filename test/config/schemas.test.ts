import { readFileSync } from 'node:fs';
import t from 'tap';
import { Check } from 'typebox/schema';
import { parse } from 'yaml';
import { editorSchemas } from '../../src/config/editor-schemas.ts';

const root = new URL('../../', import.meta.url);
const text = (name: string): string => readFileSync(new URL(name, root), 'utf8');
const schema = (name: string): object => JSON.parse(text(`docs/schemas/${name}`));

t.test(
  'the schemas for editors are those of the sources (node scripts/schemas.ts writes them)',
  async (t) => {
    for (const [name, expected] of Object.entries(editorSchemas))
      t.same(schema(name), expected, name);
  },
);

t.test('the schemas accept what is delivered', async (t) => {
  t.ok(Check(schema('facts.schema.json'), parse(text('facts.example.yaml'))));
  t.ok(Check(schema('facts.schema.json'), parse(text('test/fixtures/native/facts.yaml'))));
  t.ok(Check(schema('roles.schema.json'), parse(text('roles/servers.yaml'))));
  t.ok(Check(schema('roles.schema.json'), parse(text('roles/clients.yaml'))));
});

t.test('the schemas refuse what the reader refuses', async (t) => {
  const facts = schema('facts.schema.json');
  t.notOk(Check(facts, { cluster: 'c' }));
  t.notOk(Check(facts, { cluster: 'c', hosts: [{ fqdn: 'a' }] }));
  t.notOk(Check(facts, { cluster: 'c', hosts: [], hots: [] }));
  const roles = schema('roles.schema.json');
  t.notOk(Check(roles, [{ role: 'a', processes: [] }]));
  t.notOk(
    Check(roles, [
      { role: 'a', processes: [{ name: 'a', endpoint: 'x', environment: { 'A-B': 1 } }] },
    ]),
  );
});
