/** What is written about the API is what it does. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { apiFiles, openapiDocument, referenceFolder } from '../../scripts/reference-api.ts';
import type { Operation } from '../../scripts/reference-api.ts';
import { errorTable } from '../../src/api/errors.ts';
import { openStation, root } from '../station/harness.ts';

/** They change something of the station or an agent, and nothing of the cluster. */
const appendNothing = new Set([
  'put /api/v1/agents/{fqdn}/traces',
  'post /api/v1/cluster/sync',
  // What people log in with is kept beside the log, and cannot be tried.
  'post /api/v1/users',
  'delete /api/v1/users/{name}',
  'put /api/v1/users/{name}/password',
  'post /api/v1/users/{name}/totp',
  'put /api/v1/users/{name}/totp',
  'delete /api/v1/users/{name}/totp',
  'post /api/v1/sessions',
  'post /api/v1/sessions/links',
  'delete /api/v1/sessions/{id}',
  'post /api/v1/auth/policy/check',
  'post /api/v1/auth/policy/reload',
  'post /api/v1/check-runs',
]);

t.test('the references are as the sources would make them', async (t) => {
  for (const [name, text] of Object.entries(await apiFiles())) {
    const kept = readFileSync(join(referenceFolder, name), 'utf8');
    t.ok(kept === text, `${name} is up to date; else run: node scripts/reference-api.ts`);
  }
});

t.test('the document of a running station is the one that is kept', async (t) => {
  const { ask } = await openStation(t);
  const served = await ask('GET', '/openapi.json', undefined, { token: '' });
  t.equal(served.status, 200);
  t.same(served.body, JSON.parse(readFileSync(join(referenceFolder, 'openapi.json'), 'utf8')));
  t.equal(served.body.openapi, '3.1.0');
});

t.test(
  'every operation says what it is, for whom, what it takes and what it answers',
  async (t) => {
    const { paths, tags } = await openapiDocument();
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, one]): [string, Operation] => [
        `${method} ${path}`,
        one,
      ]),
    );
    t.equal(new Set(operations.map(([, { operationId }]) => operationId)).size, operations.length);
    const known = new Set(tags.map(({ name }) => name));
    for (const [name, operation] of operations) {
      const { summary, parameters = [], responses } = operation;
      t.ok(summary, `${name} has a summary`);
      t.ok(operation.tags.length === 1 && known.has(operation.tags[0]!), `${name} has a tag`);
      t.same(
        parameters.filter(({ description }) => !description).map(({ name }) => name),
        [],
        `${name}: parameters`,
      );
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      t.same(
        parameters.filter((one) => one.in === 'path').map((one) => one.name),
        inPath,
        `${name}: path`,
      );
      for (const [status, { description, content = {} }] of Object.entries(responses)) {
        t.ok(description && description !== 'Default Response', `${name} ${status} is described`);
        if (/XX/.test(status)) t.same(Object.keys(content), ['application/problem+json']);
      }
      t.ok(
        Object.keys(responses).some((status) => status.startsWith('2') || status === '303'),
        `${name} can succeed`,
      );
      const isRefusable = operation['x-access'] !== 'public' || !name.startsWith('get');
      t.equal('4XX' in responses, isRefusable, `${name} can be refused`);
      if (name.startsWith('get') || appendNothing.has(name)) continue;
      t.ok(
        parameters.some((one) => one.name === 'dry_run'),
        `${name} takes dry_run`,
      );
      t.ok(
        parameters.some((one) => one.name === 'if-match'),
        `${name} takes If-Match`,
      );
    }
  },
);

t.test('every error is documented with its status, its meaning and what to do', (t) => {
  const text = readFileSync(join(root, 'docs', 'errors.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \| (.+?) \| (.+?) \|$/gm)];
  t.same(
    rows.map(([, code, status]) => `${code} ${status}`),
    errorTable.map(({ code, status }) => `${code} ${status}`),
    'in the order of the table',
  );
  t.equal(new Set(errorTable.map(({ code }) => code)).size, errorTable.length);
  for (const { code, title } of errorTable) t.match(title, /^[a-zH]/, code);
  t.end();
});
