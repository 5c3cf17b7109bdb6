/**
 * Every route of the contract, asked by every role, of a machine of one's own project and of another's. What is expected
 * is made from what the contract says of the route: one that is new is tried as well, and where nothing lets somebody in
 * the answer is no.
 */

import t from 'tap';
import type { Test } from 'tap';
import { endpoints } from '../../src/contract/catalogue.ts';
import type { Access, Endpoint } from '../../src/contract/endpoint.ts';
import type { CredentialRole } from '../../src/core/values/credential-roles.ts';
import { credentialRoles } from '../../src/core/values/credential-roles.ts';
import { ours, theirs, twoProjects } from './two-projects.ts';
import type { Two } from './two-projects.ts';

/** What needs no token. Nothing gets in here by itself. */
const open = ['/api/v1/openapi.json', '/api/v1/sessions', '/healthz', '/readyz'];

const people = ['viewer', 'note-taker', 'power-intern', 'operator', 'admin'] as const;
const operators = ['operator', 'admin'] as const;

/** The roles that are good for the whole cluster, by what a route asks for. */
const letIn: Readonly<Record<Exclude<Access, 'public'>, readonly CredentialRole[]>> = {
  any: credentialRoles,
  viewer: people,
  'note-taker': ['note-taker', 'power-intern', 'operator', 'admin'],
  operator: operators,
  power: ['power-intern', 'operator', 'admin'],
  admin: ['admin'],
  agent: ['agent', 'admin'],
  'agent-or-retired': ['agent', 'admin'],
  'own-or-viewer': people,
  'own-or-operator': operators,
};

/** Of these a member of a project that is a viewer there has none. */
const operating: ReadonlySet<Access> = new Set([
  ...(['operator', 'own-or-operator', 'power', 'note-taker'] as const),
]);

/** What is refused to everybody but the one user whom it is about, or to tokens that are no person's. */
const personal = new Set(['setPassword', 'offerCodes', 'takeCodes', 'linkSession']);

const routes = Object.entries<Endpoint>(endpoints);

/** A request of an endpoint about a machine that changes nothing, whatever is let in. */
const ask = async (
  two: Two,
  endpoint: Endpoint,
  token: string,
  machine: string,
): Promise<{ readonly status: number }> => {
  const [process, node] =
    machine === ours ? [two.ourProcess, two.ourNode] : [two.theirProcess, two.theirNode];
  const { method, path, query, body } = endpoint;
  const named = new Map([
    ['fqdn', machine],
    ['fid', path.includes('/nodes/:fid') ? node : process],
  ]);
  const url = path.replaceAll(/:(\w+)/g, (_, name: string) => named.get(name) ?? 'none');
  const asked = 'dry_run' in query ? '?dry_run=true' : '';
  const answer = await two.app.inject({
    ...{ method, url: `${url}${asked}` },
    headers: {
      authorization: `Bearer ${token}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { payload: JSON.stringify({ host: machine, no_such_field: 1 }) } : {}),
  });
  return { status: answer.statusCode };
};

/** Of what goes on for ever only a refusal is waited for. */
const endsItself = ({ stream }: Endpoint): boolean => stream !== true;

const eachRoute = async (
  t: Test,
  work: (name: string, endpoint: Endpoint, access: Exclude<Access, 'public'>) => Promise<void>,
): Promise<void> => {
  for (const [name, endpoint] of routes) {
    const { access } = endpoint;
    if (access !== 'public') await work(name, endpoint, access);
  }
  t.ok(routes.length > 100);
};

t.test('what needs no token is known, and nothing else', async (t) => {
  const found = routes.filter(([, { access, method, path }]) => {
    return access === 'public' && (method === 'GET' || path === '/api/v1/sessions');
  });
  t.strictSame(found.map(([, { path }]) => path).sort(), open);
  t.equal(routes.filter(([, { access }]) => access === 'public').length, open.length);
});

t.test('every role has the routes that the contract gives it, and no other', async (t) => {
  const two = await twoProjects(t);
  const tokens = new Map<CredentialRole, string>();
  for (const role of [...people, 'agent'] as const) tokens.set(role, await two.tokenOf(role));
  const issued = await two.ask('POST', '/processes', {
    ...{ host: theirs, role: 'clovis-app', tokens: true },
  });
  tokens.set('process', issued.body.processes[0].token);
  await eachRoute(t, async (name, endpoint, access) => {
    for (const [role, token] of tokens) {
      const isIn = letIn[access].includes(role);
      if (isIn && !endsItself(endpoint)) continue;
      const { status } = await ask(two, endpoint, token, ours);
      const said = `${role}: ${name} answers ${status}`;
      const isOwnOnly = role === 'process' && access.startsWith('own-or-');
      if (isOwnOnly) t.ok([400, 403].includes(status), said);
      else if (!isIn) t.equal(status, 403, said);
      else if (!personal.has(name)) t.notOk([401, 403].includes(status), said);
    }
    const { status } = await ask(two, endpoint, 'hal_0123456789ab_wrong', ours);
    t.equal(status, 401, `a token that is none: ${name}`);
  });
});

t.test('members have what is theirs and are told nothing of the rest', async (t) => {
  const two = await twoProjects(t);
  await eachRoute(t, async (name, endpoint, access) => {
    const { lent } = endpoint;
    for (const [who, token] of [
      ['viewer', two.viewer],
      ['operator', two.operator],
    ] as const) {
      if (lent === undefined && access !== 'any') {
        const { status } = await ask(two, endpoint, token, ours);
        t.equal(status, 403, `${who} of a project: ${name} is about the whole cluster`);
        continue;
      }
      if (!endsItself(endpoint) || personal.has(name)) continue;
      const own = await ask(two, endpoint, token, ours);
      const said = `${who} of a project: ${name} answers ${own.status} about its own machine`;
      if (who === 'viewer' && operating.has(access))
        t.ok([400, 403, 422].includes(own.status), said);
      else t.notOk([401, 403].includes(own.status), said);
      if (lent !== 'machine' || !/:fqdn|:fid/.test(endpoint.path)) continue;
      const foreign = await ask(two, endpoint, token, theirs);
      t.ok(
        [400, 404].includes(foreign.status),
        `${who} of a project: ${name} answers ${foreign.status} about a machine of others`,
      );
    }
  });
});
