/** Who may do what: every route, with every role and with tokens that are none. */

import t from 'tap';
import type { CredentialRole } from '../../src/core/values/credential-roles.ts';
import { systemTime } from '../../src/station/time.ts';
import { consolePaths, pagePaths } from '../../src/web/page-paths.ts';
import { host, openStation, reported, secretOf, until } from '../station/harness.ts';
import type { Answer } from '../station/harness.ts';
import { served } from './served.ts';

const roles: readonly CredentialRole[] = ['viewer', 'operator', 'admin', 'agent', 'process'];

/** What is answered to whoever has no cookie; where it is not said, he is sent to sign in. */
const byCookie: Readonly<Record<string, number>> = {
  ...{ 'POST /text/sign-in': 401, 'POST /session': 403, 'DELETE /session': 403 },
};

/** The page in the browser, which has to be built (`scripts/page`): whoever asks gets the document and its files, which hold nothing of the cluster. */
const ofThePage = [...Object.values(pagePaths), '/assets/:name', '/icon.svg'];

/** Who is let in to each route. `by cookie`: no token opens it, see `text-pages.test.ts` and `page-session.test.ts`. */
const routes: Readonly<Record<string, string>> = {
  'GET /text': 'by cookie',
  'GET /text/': 'by cookie',
  'GET /text/fleet': 'by cookie',
  'GET /text/machines/:fqdn': 'by cookie',
  ...Object.fromEntries(ofThePage.map((path) => [`GET ${path}`, 'everybody'])),
  ...Object.fromEntries(
    Object.values(consolePaths).map((path) => [`GET ${path}`, 'viewer operator admin']),
  ),
  'GET /text/style.css': 'everybody',
  'GET /text/sign-in': 'everybody',
  'POST /text/sign-in': 'by cookie',
  'POST /text/sign-out': 'by cookie',
  'GET /session': 'viewer operator admin agent process',
  'POST /session': 'by cookie',
  'DELETE /session': 'by cookie',
  'GET /healthz': 'everybody',
  'GET /readyz': 'everybody',
  'GET /metrics': 'viewer operator admin',
  'GET /api/v1/openapi.json': 'everybody',
  'GET /api/v1/whoami': 'viewer operator admin agent process',
  'GET /api/v1/auth/policy': 'viewer operator admin',
  'POST /api/v1/auth/policy/check': 'admin',
  'POST /api/v1/auth/policy/reload': 'admin',
  'GET /api/v1/auth/can': 'viewer operator admin agent process',
  'GET /api/v1/audit': 'viewer operator admin',
  'GET /api/v1/users': 'admin',
  'POST /api/v1/users': 'admin',
  'PUT /api/v1/users/:name': 'admin',
  'DELETE /api/v1/users/:name': 'admin',
  'PUT /api/v1/users/:name/password': 'admin',
  'POST /api/v1/users/:name/totp': 'nobody',
  'PUT /api/v1/users/:name/totp': 'nobody',
  'DELETE /api/v1/users/:name/totp': 'admin',
  'POST /api/v1/sessions': 'everybody',
  'POST /api/v1/sessions/links': 'viewer operator admin',
  'GET /api/v1/sessions': 'viewer operator admin agent process',
  'DELETE /api/v1/sessions/:id': 'viewer operator admin agent process',
  'GET /api/v1/grants': 'viewer operator admin',
  'POST /api/v1/grants': 'viewer operator admin agent process',
  'DELETE /api/v1/grants/:id': 'viewer operator admin agent process',
  'POST /api/v1/load': 'admin',
  'GET /api/v1/dump': 'operator admin',
  'GET /api/v1/status': 'viewer operator admin',
  'GET /api/v1/checks': 'viewer operator admin',
  'POST /api/v1/check-runs': 'operator admin',
  'GET /api/v1/check-runs/:id': 'viewer operator admin',
  'GET /api/v1/fleet': 'viewer operator admin',
  'GET /api/v1/hosts/:fqdn/history': 'viewer operator admin',
  'GET /api/v1/hosts/:fqdn/measurements': 'viewer operator admin',
  'GET /api/v1/hosts/:fqdn/notes': 'viewer operator admin',
  'POST /api/v1/hosts/:fqdn/notes': 'operator admin',
  'GET /api/v1/fleet/summary': 'viewer operator admin',
  'GET /api/v1/fleet/columns': 'viewer operator admin',
  'GET /api/v1/hosts/:fqdn/status': 'viewer operator admin',
  'GET /api/v1/graph': 'viewer operator admin',
  'GET /api/v1/vars': 'viewer operator admin',
  'PUT /api/v1/vars': 'admin',
  'POST /api/v1/cluster/start': 'operator admin',
  'POST /api/v1/cluster/stop': 'operator admin',
  'POST /api/v1/cluster/reset': 'admin',
  'POST /api/v1/cluster/sync': 'operator admin',
  'GET /api/v1/campaigns': 'viewer operator admin',
  'GET /api/v1/campaigns/:id': 'viewer operator admin',
  'POST /api/v1/nodes/actions/reboot': 'operator admin',
  'POST /api/v1/nodes/actions/reinstall': 'operator admin',
  'POST /api/v1/nodes/actions/release': 'operator admin',
  'GET /api/v1/operations': 'viewer operator admin',
  'GET /api/v1/operations/:id': 'viewer operator admin',
  'DELETE /api/v1/hosts/:fqdn': 'operator admin',
  'PUT /api/v1/hosts/:fqdn/maintenance': 'operator admin',
  'DELETE /api/v1/hosts/:fqdn/maintenance': 'operator admin',
  'POST /api/v1/hosts/:fqdn/rename': 'operator admin',
  'POST /api/v1/hosts/:fqdn/scale': 'operator admin',
  'DELETE /api/v1/nodes/:fid': 'operator admin',
  'POST /api/v1/nodes/:fid/start': 'operator admin',
  'POST /api/v1/nodes/:fid/stop': 'operator admin',
  'POST /api/v1/processes/:fid/start': 'operator admin',
  'POST /api/v1/processes/:fid/stop': 'operator admin',
  'POST /api/v1/processes/:fid/restart': 'operator admin',
  'PUT /api/v1/processes/:fid/override': 'admin',
  'GET /api/v1/hosts': 'viewer operator admin',
  'POST /api/v1/hosts': 'operator admin',
  'GET /api/v1/hosts/:fqdn': 'viewer operator admin',
  'PUT /api/v1/hosts/:fqdn/facts': 'agent admin',
  'POST /api/v1/facts': 'agent admin',
  'GET /api/v1/hosts/:fqdn/suggestion': 'viewer operator admin',
  'GET /api/v1/nodes/:fqdn/suggestion': 'viewer operator admin',
  'GET /api/v1/suggestions': 'viewer operator admin',
  'GET /api/v1/suggestions/rules': 'viewer operator admin',
  'GET /api/v1/incidents': 'viewer operator admin',
  'POST /api/v1/hosts/:fqdn/actions/reboot': 'power-intern operator admin',
  'POST /api/v1/nodes/:fqdn/actions/reboot': 'power-intern operator admin',
  'POST /api/v1/actions/reboot': 'power-intern operator admin',
  'POST /api/v1/actions/power/:action': 'operator admin',
  'GET /api/v1/nodes': 'viewer operator admin',
  'POST /api/v1/nodes': 'operator admin',
  'GET /api/v1/nodes/:fid': 'viewer operator admin',
  'GET /api/v1/processes': 'viewer operator admin',
  'POST /api/v1/processes': 'operator admin',
  'GET /api/v1/processes/:fid': 'viewer operator admin',
  'DELETE /api/v1/processes/:fid': 'operator admin',
  'GET /api/v1/processes/:fid/configuration': 'viewer operator admin',
  'GET /api/v1/processes/:fid/output': 'operator admin',
  'GET /api/v1/roles': 'viewer operator admin',
  'GET /api/v1/roles/:name': 'viewer operator admin',
  'GET /api/v1/roles/:name/hosts': 'viewer operator admin',
  'PUT /api/v1/processes/:fid/state': 'operator admin',
  'PUT /api/v1/processes/:fid/lease': 'operator admin',
  'GET /api/v1/hosts/:fqdn/obm/console': 'viewer operator admin',
  'POST /api/v1/hosts/:fqdn/obm/console': 'viewer operator admin',
  'GET /api/v1/hosts/:fqdn/obm/console/connections': 'viewer operator admin',
  'DELETE /api/v1/hosts/:fqdn/obm/console/connections/:id': 'viewer operator admin',
  'GET /api/v1/groups': 'viewer operator admin',
  'GET /api/v1/groups/:name': 'viewer operator admin',
  'GET /api/v1/groups/:name/:child': 'viewer operator admin',
  'GET /api/v1/nodesets': 'viewer operator admin',
  'GET /api/v1/projects': 'viewer operator admin',
  'POST /api/v1/projects': 'admin',
  'GET /api/v1/projects/:name': 'viewer operator admin',
  'DELETE /api/v1/projects/:name': 'admin',
  'POST /api/v1/projects/:name/attach': 'operator admin',
  'POST /api/v1/projects/:name/detach': 'operator admin',
  'PUT /api/v1/projects/:name/members/:id': 'admin',
  'DELETE /api/v1/projects/:name/members/:id': 'admin',
  'GET /api/v1/obms': 'viewer operator admin',
  'GET /api/v1/hosts/:fqdn/obm': 'viewer operator admin',
  'PUT /api/v1/hosts/:fqdn/obm': 'admin',
  'DELETE /api/v1/hosts/:fqdn/obm': 'admin',
  'POST /api/v1/hosts/:fqdn/obm/enable': 'operator admin',
  'POST /api/v1/hosts/:fqdn/obm/reissue': 'operator admin',
  'POST /api/v1/hosts/:fqdn/obm/disable': 'operator admin',
  'GET /api/v1/hosts/:fqdn/obm/power': 'viewer operator admin',
  'POST /api/v1/hosts/:fqdn/obm/power': 'operator admin',
  'GET /api/v1/hosts/:fqdn/obm/console/info': 'viewer operator admin',
  'POST /api/v1/hosts/:fqdn/obm/refresh': 'operator admin',
  'POST /api/v1/hosts/:fqdn/actions/reinstall': 'operator admin',
  'POST /api/v1/hosts/:fqdn/actions/release': 'operator admin',
  'GET /api/v1/hosts/:fqdn/holder': 'viewer operator admin',
  'GET /api/v1/nodes/:fid/holder': 'viewer operator admin',
  'POST /api/v1/operations/:id/cancel': 'operator admin',
  'DELETE /api/v1/operations/:id': 'operator admin',
  'GET /api/v1/hosts/:fqdn/obm/sensors': 'operator admin',
  'GET /api/v1/hosts/:fqdn/obm/system-events': 'operator admin',
  'GET /api/v1/hosts/:fqdn/obm/inventory': 'operator admin',
  'GET /api/v1/hosts/:fqdn/obm/identity': 'operator admin',
  'PUT /api/v1/hosts/:fqdn/obm/boot-device': 'operator admin',
  'PUT /api/v1/hosts/:fqdn/obm/light': 'operator admin',
  'GET /api/v1/events': 'viewer operator admin',
  'GET /api/v1/why/:id': 'viewer operator admin',
  'GET /api/v1/log': 'viewer operator admin',
  'GET /api/v1/log/moments': 'viewer operator admin',
  'GET /api/v1/engine': 'viewer operator admin',
  'GET /api/v1/engine/sequences': 'viewer operator admin',
  'GET /api/v1/station': 'viewer operator admin',
  'GET /api/v1/stations': 'viewer operator admin',
  'POST /api/v1/stations': 'admin',
  'DELETE /api/v1/stations/:name': 'admin',
  'GET /api/v1/agents': 'viewer operator admin',
  'GET /api/v1/agents/:fqdn': 'viewer operator admin',
  'PUT /api/v1/agents/:fqdn/traces': 'operator admin',
  'GET /api/v1/tokens': 'admin',
  'POST /api/v1/tokens': 'admin',
  'DELETE /api/v1/tokens/:id': 'admin',
  'GET /api/v1/agent': 'agent admin',
};

t.test('the table has every route that is served', async (t) => {
  const { app } = await openStation(t);
  t.same(served(app.printRoutes()).toSorted(), Object.keys(routes).toSorted());
});

t.test('each route lets in whom it should and nobody else', async (t) => {
  const { ask, app, fill, tokenOf } = await openStation(t);
  await fill();
  const added = await ask('POST', '/processes', {
    host,
    role: 'clovis-app',
    overrides: { multiplicity: 2 },
    tokens: true,
  });
  const [, own, other] = added.body.processes;
  const tokens: Record<string, string> = { process: own.token };
  for (const role of ['viewer', 'operator', 'admin', 'agent'] as const)
    tokens[role] = await tokenOf(role);

  const bodies: Record<string, object> = {
    'POST /api/v1/load': { wrong: 1 },
    'POST /api/v1/hosts': { fqdn: 'new.example' },
    'PUT /api/v1/hosts/:fqdn/facts': reported('10.0.0.3'),
    'POST /api/v1/facts': { hosts: [{ fqdn: host, facts: reported('10.0.0.3') }] },
    'POST /api/v1/hosts/:fqdn/rename': { wrong: 1 },
    'POST /api/v1/nodes': { wrong: 1 },
    'POST /api/v1/processes': { wrong: 1 },
    'PUT /api/v1/processes/:fid/state': { state: 'online' },
    'PUT /api/v1/processes/:fid/lease': { seconds: 3600 },
    'PUT /api/v1/vars': { wrong: 1 },
    'POST /api/v1/hosts/:fqdn/scale': { wrong: 1 },
    'PUT /api/v1/processes/:fid/override': { wrong: 1 },
    'POST /api/v1/tokens': { wrong: 1 },
    'POST /api/v1/projects': { wrong: 1 },
    'POST /api/v1/grants': { wrong: 1 },
    'POST /api/v1/users': { wrong: 1 },
    'POST /api/v1/auth/policy/check': { wrong: 1 },
    'PUT /api/v1/users/:name': {},
    'PUT /api/v1/users/:name/password': { password: 'long enough for it' },
    'POST /api/v1/users/:name/totp': { password: 'x' },
    'PUT /api/v1/users/:name/totp': { code: '123456' },
    'POST /api/v1/sessions': { wrong: 1 },
    'POST /api/v1/projects/:name/attach': { hosts: [host] },
    'POST /api/v1/projects/:name/detach': { hosts: [host] },
    'PUT /api/v1/projects/:name/members/:id': { role: 'viewer' },
    'PUT /api/v1/hosts/:fqdn/obm': { wrong: 1 },
    'POST /api/v1/hosts/:fqdn/obm/power': { wrong: 1 },
    'POST /api/v1/hosts/:fqdn/obm/refresh': { wrong: 1 },
    'PUT /api/v1/hosts/:fqdn/obm/boot-device': { wrong: 1 },
    'PUT /api/v1/hosts/:fqdn/obm/light': { wrong: 1 },
    'POST /api/v1/hosts/:fqdn/obm/console': { wrong: 1 },
  };
  const call = async (route: string, token: string | undefined): Promise<number> => {
    const [method, pattern] = route.split(' ') as ['GET' | 'DELETE', string];
    const url = pattern
      .replace(
        '/nodes/:fid',
        method === 'DELETE' ? '/nodes/0x6e:0xfff' : `/nodes/${added.body.node}`,
      )
      .replace(':fqdn', method === 'DELETE' ? 'gone.example' : host)
      .replace('/operations/:id', '/operations/1')
      .replace(':fid', method === 'DELETE' ? '0x7200000000000001:0xfff' : other.fid)
      .replace(':name', 'no-such-project')
      .replace(':id', 'no-such-token');
    const body = bodies[route];
    const answer = await app.inject({
      method,
      url,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { payload: JSON.stringify(body) } : {}),
    });
    return answer.statusCode;
  };
  for (const [route, allowed] of Object.entries(routes)) {
    if (allowed === 'by cookie') {
      for (const token of [undefined, ...Object.values(tokens)])
        t.equal(await call(route, token), byCookie[route] ?? 303, route);
      continue;
    }
    for (const role of roles) {
      const status = await call(route, tokens[role]);
      const isIn = allowed === 'everybody' || allowed.split(' ').includes(role);
      if (isIn) t.notOk([401, 403].includes(status), `${role} may ${route}: ${status}`);
      else t.equal(status, 403, `${role} may not ${route}`);
    }
    for (const token of [undefined, 'hal_0123456789ab_wrong', `${tokens['admin']!}x`]) {
      const status = await call(route, token);
      if (route === 'GET /assets/:name') t.equal(status, 404, 'there is no file of that name');
      else if (allowed === 'everybody')
        t.equal(status, bodies[route] ? 400 : 200, `nobody may ${route}`);
      else t.equal(status, 401, `${token ?? 'nobody'} may not ${route}`);
    }
  }
});

t.test('tokens that are none are refused alike', async (t) => {
  const { ask, admin, app } = await openStation(t);
  const [id, secret] = [admin.split('_')[1]!, secretOf(admin)];
  for (const token of [
    'x',
    'hal_',
    `hal_${id}_`,
    `hal_${id}_${'A'.repeat(43)}`,
    `hal_ffffffffffff_${secret}`,
    admin.slice(0, -1),
    admin.toUpperCase(),
    '__proto__',
    'hal___proto____aaaaaaaaaaaaaaaaaaaaaaaa',
    'hal_constructor_aaaaaaaaaaaaaaaaaaaaaaaa',
  ])
    t.match(await ask('GET', '/whoami', undefined, { token }), { status: 401 }, token);
  for (const authorization of [
    admin,
    `Basic ${admin}`,
    `Token ${admin}`,
    'Bearer',
    'Bearer  ',
    '',
  ]) {
    const answer = await app.inject({ url: '/api/v1/whoami', headers: { authorization } });
    t.match(answer.json(), { status: 401, code: 'unauthenticated' }, authorization);
    t.notMatch(answer.body, secret);
  }
  const lower = await app.inject({
    url: '/api/v1/whoami',
    headers: { authorization: `bearer ${admin}` },
  });
  t.equal(lower.statusCode, 200, 'the scheme is not case-sensitive');
});

t.test(
  'a revoked token does not work from the answer on, and an expired one from its time on',
  async (t) => {
    let now = 1_790_000_000_000;
    const { ask, tokenOf, station } = await openStation(t, {
      time: { ...systemTime, now: () => now, monotonic: () => 0 },
    });
    const token = await tokenOf('viewer');
    const status = async (token: string): Promise<number> =>
      (await ask('GET', '/status', undefined, { token })).status;
    t.equal(await status(token), 200);
    const id = token.split('_')[1]!;
    t.equal((await ask('DELETE', `/tokens/${id}`)).status, 200);
    t.equal(await status(token), 401);
    t.match(await ask('DELETE', `/tokens/${id}`), { status: 404 });

    const short = await tokenOf('viewer', { expires_in: 60 });
    now += 59_999;
    t.equal(await status(short), 200);
    now += 1;
    t.equal(await status(short), 401);
    await until(
      'the expired token to be gone',
      () => !station.graph.get('credential', short.split('_')[1]!),
    );
    t.same((await ask('GET', '/tokens')).body.items.length, 1);
  },
);

t.test('the last administrator cannot lock everybody out', async (t) => {
  const { ask, admin, tokenOf } = await openStation(t);
  const id = admin.split('_')[1]!;
  t.match(await ask('DELETE', `/tokens/${id}`), { status: 409, body: { code: 'last-admin' } });
  const second = await tokenOf('admin');
  t.equal((await ask('DELETE', `/tokens/${id}`)).status, 200);
  t.equal((await ask('GET', '/status')).status, 401);
  t.equal((await ask('GET', '/status', undefined, { token: second })).status, 200);
});

t.test(
  'a token is shown once: its list, the log, the graph and reasons hold neither it nor its hash',
  async (t) => {
    const { ask, admin, station, tokenOf } = await openStation(t);
    const token = await tokenOf('agent', { host });
    const id = token.split('_')[1]!;
    const { hash } = station.graph.must('credential', id);
    const shown: Answer[] = [];
    for (const path of [
      '/tokens',
      '/events',
      '/graph',
      '/graph?format=kv',
      '/graph?format=dot',
      '/engine',
      '/log',
    ])
      shown.push(await ask('GET', path));
    for (const kind of ['credential', 'request', 'counter', 'deadline']) {
      const answer = await ask('GET', `/why/${id}?kind=${kind}`);
      t.match(answer, { status: 400, body: { field: 'kind' } }, kind);
      shown.push(answer);
    }
    for (const { text } of shown)
      for (const secret of [token, secretOf(token), hash, secretOf(admin)])
        t.notOk(text.includes(secret));
    t.match((await ask('GET', '/tokens')).body.items[1], {
      id,
      role: 'agent',
      host,
      expires: null,
    });
    const twice = await ask('POST', '/tokens', { name: 'x', role: 'viewer' }, { key: 'k' });
    t.match(twice, { status: 400, body: { field: 'idempotency-key' } });
  },
);

t.test('an agent whose token names a host reports for no other', async (t) => {
  const { ask, tokenOf } = await openStation(t);
  const token = await tokenOf('agent', { host: 'a.example' });
  const report = (fqdn: string): Promise<Answer> =>
    ask('PUT', `/hosts/${fqdn}/facts`, reported('10.0.0.1'), { token });
  t.equal((await report('a.example')).status, 200);
  t.match(await report('b.example'), { status: 403, body: { code: 'identity-mismatch' } });
  t.match(await ask('GET', '/hosts/b.example'), { status: 404 });
});
