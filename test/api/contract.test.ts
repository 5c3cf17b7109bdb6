/** Every endpoint is said once: what the contract says is served, described and called, and nothing else is. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { routesFile, routesText } from '../../scripts/routes.ts';
import { endpoints } from '../../src/contract/catalogue.ts';
import type { Endpoint } from '../../src/contract/endpoint.ts';
import { consolePaths, pagePaths } from '../../src/web/page-paths.ts';
import { openStation, root } from '../station/harness.ts';
import { served } from './served.ts';

const said = Object.entries<Endpoint>(endpoints);

/**
 * For people in browsers, beside the contract: what they show they get by it (`api/text-pages.test.ts`), and so is who
 * comes in (`api/page-session.test.ts`).
 */
const pages = [
  ...[
    ...[
      ...Object.values(pagePaths),
      ...Object.values(consolePaths),
      '/assets/:name',
      '/icon.svg',
    ].map((path) => `GET ${path}`),
    'GET /text',
    'GET /text/',
    'GET /text/fleet',
    'GET /text/machines/:fqdn',
    'GET /text/sign-in',
    'GET /text/style.css',
  ],
  ...['POST /text/sign-in', 'POST /text/sign-out'],
  ...['GET /session', 'POST /session', 'DELETE /session'],
];

/** Agents speak over it, in messages of their own. */
const socket = 'GET /api/v1/agent';

t.test('a station serves the contract and nothing else', async (t) => {
  const { app } = await openStation(t);
  const bound = said.map(([, { method, path }]) => `${method} ${path}`);
  t.same(served(app.printRoutes()).toSorted(), [...bound, ...pages, socket].toSorted());
});

t.test('no two endpoints are one', (t) => {
  const places = said.map(([, { method, path }]) => `${method} ${path}`);
  t.equal(new Set(places).size, places.length);
  t.end();
});

t.test('the parts of a path that vary are said, in its order', (t) => {
  for (const [name, { path, params }] of said)
    t.same(
      [...path.matchAll(/:(\w+)/g)].map(([, part]) => part),
      Object.keys(params),
      name,
    );
  t.end();
});

t.test('what only looks is a GET, and what changes is none', (t) => {
  for (const [name, { kind, method }] of said)
    t.equal(method === 'GET', kind === 'read' || kind === 'ask', `${name}: ${kind} by ${method}`);
  t.end();
});

t.test('the client calls every endpoint as the contract says', async (t) => {
  const kept = readFileSync(routesFile, 'utf8');
  t.ok(kept === (await routesText()), 'up to date; else run: scripts/node scripts/routes.ts');
});

const document = JSON.parse(
  readFileSync(join(root, 'docs', 'reference', 'openapi.json'), 'utf8'),
) as { components: Record<string, Record<string, unknown>> };

/** Every `$ref` in a value. */
const refsIn = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    name === '$ref' && typeof one === 'string' ? [one] : refsIn(one),
  );
};

t.test('whatever the document refers to is in it, and whatever is in it is used', (t) => {
  const refs = new Set(refsIn(document));
  const { securitySchemes: _, ...components } = document.components;
  const there = Object.entries(components).flatMap(([section, named]) =>
    Object.keys(named).map((name) => `#/components/${section}/${name}`),
  );
  t.same([...refs].toSorted(), there.toSorted());
  t.end();
});

t.test('what has a name is nowhere written out', (t) => {
  const text = JSON.stringify(document);
  for (const section of ['schemas', 'parameters', 'responses'])
    for (const [name, one] of Object.entries(document.components[section]!)) {
      const written = JSON.stringify(one);
      // A type of one word may stand anywhere.
      if (written.length > 80) t.equal(text.split(written).length - 1, 1, name);
    }
  t.end();
});
