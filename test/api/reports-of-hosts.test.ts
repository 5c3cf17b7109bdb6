/** Facts of many hosts in one request: all of them in one commit, or none. */

import t from 'tap';
import type { Test } from 'tap';
import { admissionPaces } from '../../src/api/admission.ts';
import { reportedHostsMax } from '../../src/contract/hosts.ts';
import { reportLimits } from '../../src/station/fair-use/shares.ts';
import { systemTime } from '../../src/station/time.ts';
import { bodyOf, openStation, reported, until } from '../station/harness.ts';
import type { Answer, InProcess, Json } from '../station/harness.ts';

const fqdn = (i: number): string => `n${i}.example`;
const address = (i: number): string => `10.1.${i >> 8}.${i & 255}`;
const hostOf = (i: number, change: object = {}) => ({
  fqdn: fqdn(i),
  facts: reported(address(i), change),
});
const hosts = (count: number, change: object = {}, from = 0) => ({
  hosts: Array.from({ length: count }, (_, i) => hostOf(from + i, change)),
});

const untouched = async (
  t: Test,
  { station }: InProcess,
  ask: () => Promise<Answer>,
): Promise<Answer> => {
  const [head, digest] = [station.head, station.graph.digest()];
  const answer = await ask();
  t.equal(station.head, head, 'nothing was appended');
  t.equal(station.graph.digest(), digest, 'nothing has changed');
  return answer;
};

t.test('many hosts are up by one commit, and what is right already is none', async (t) => {
  const { station, ask } = await openStation(t);
  const before = station.head;
  const answer = await ask('POST', '/facts', hosts(100));
  t.match(answer, { status: 200, body: { revision: before + 1, changed: true } });
  t.equal(answer.headers['halcyon-revision'], String(before + 1));
  t.equal(station.graph.hostCounts().up, 100);
  t.match((await ask('GET', `/hosts/${fqdn(7)}`)).body, {
    state: 'up',
    address: address(7),
    lnid: `${address(7)}@tcp`,
  });
  t.match(await ask('POST', '/facts', hosts(100)), {
    body: { revision: before + 1, changed: false },
  });

  const few = { hosts: [...hosts(3).hosts, hostOf(3, { cpus: 8 }), hostOf(200)] };
  t.match(await ask('POST', '/facts', few), { body: { revision: before + 2, changed: true } });
  const { events } = (await ask('GET', `/events?from=${before + 1}`)).body;
  t.same(
    events.map(({ type, data }: Json) => [type, data.fqdn]),
    [
      ['NodeUp', fqdn(3)],
      ['HostRegistered', fqdn(200)],
      ['NodeUp', fqdn(200)],
    ],
    'only what is new',
  );
});

t.test('what a report of many does not say of a host is as it was', async (t) => {
  const { ask } = await openStation(t);
  await ask('POST', '/facts', hosts(2, { kernel: '6.1', lnid: '10.9.9.9@o2ib' }));
  const { address: _, ...silent } = reported(address(1), { cpus: 9 });
  const body = { hosts: [{ fqdn: fqdn(1), facts: silent }] };
  t.equal((await ask('POST', '/facts', body)).status, 200);
  t.match((await ask('GET', `/hosts/${fqdn(1)}`)).body, {
    address: address(1),
    lnid: '10.9.9.9@o2ib',
    kernel: '6.1',
    cpus: 9,
  });
});

t.test('declared hosts get the processes of their roles in the same commit', async (t) => {
  const { station, ask } = await openStation(t);
  const facts = Array.from({ length: 20 }, (_, i) => `  - { fqdn: ${fqdn(i)}, roles: [app] }\n`);
  const role = `- role: app
  processes:
    - { name: app, ownership: independent, endpoint: '{{ lnid }}:12345:41:301' }
`;
  await ask('POST', '/load', bodyOf(`cluster: many\nhosts:\n${facts.join('')}`, role));
  const { head } = station;
  t.equal((await ask('POST', '/facts', hosts(20))).status, 200);
  t.equal(station.head, head + 1);
  t.equal(station.graph.count('process'), 20);
});

t.test('one host that is refused is named by its place, and nothing is kept', async (t) => {
  const opened = await openStation(t);
  const { ask, tokenOf } = opened;
  await ask('POST', '/facts', hosts(2));
  const bound = await tokenOf('agent', { host: fqdn(0) });
  const { address: _, ...nowhere } = reported('');
  const change = { cpus: 8 };
  for (const [what, body, token, status, said] of [
    [
      'another machine',
      [hostOf(5), hostOf(0, { agent: 'another' })],
      undefined,
      409,
      {
        code: 'host-claimed',
        field: 'hosts[1].facts.agent',
        detail: 'hosts[1]: another machine is n0.example already',
      },
    ],
    [
      'a host that the token does not speak for',
      [hostOf(0, change), hostOf(1, change)],
      bound,
      403,
      { code: 'identity-mismatch', field: 'hosts[1].fqdn' },
    ],
    [
      'a host that is nowhere',
      [hostOf(0, change), { fqdn: fqdn(9), facts: nowhere }],
      undefined,
      400,
      { code: 'invalid-request', field: 'hosts[1].facts.address' },
    ],
    [
      'a host twice',
      [hostOf(0, change), hostOf(1), hostOf(0)],
      undefined,
      400,
      { code: 'invalid-request', field: 'hosts[2].fqdn' },
    ],
    [
      'a fact that is none',
      [hostOf(0, change), hostOf(1, { cpus: 0 })],
      undefined,
      400,
      { code: 'invalid-request', field: 'hosts[1].facts.cpus' },
    ],
  ] as const) {
    const answer = await untouched(t, opened, () =>
      ask('POST', '/facts', { hosts: body }, token === undefined ? {} : { token }),
    );
    t.match(answer, { status, body: said }, what);
  }
  const own = await ask('POST', '/facts', { hosts: [hostOf(0, change)] }, { token: bound });
  t.match(own, { status: 200, body: { changed: true } });
});

t.test('a report of many is tried, conditional, and done once for a key', async (t) => {
  const opened = await openStation(t);
  const { ask, station } = opened;
  const tried = await untouched(t, opened, () => ask('POST', '/facts?dry_run=true', hosts(2)));
  t.same(
    tried.body.events.map(({ type }: Json) => type),
    ['HostRegistered', 'NodeUp', 'HostRegistered', 'NodeUp'],
  );
  const stale = { headers: { 'if-match': String(station.head + 1) } };
  t.match(await untouched(t, opened, () => ask('POST', '/facts', hosts(2), stale)), {
    status: 412,
    body: { code: 'revision-mismatch' },
  });
  const first = await ask('POST', '/facts', hosts(2), { key: 'k' });
  await ask('POST', '/facts', hosts(2, { cpus: 8 }));
  const again = await untouched(t, opened, () => ask('POST', '/facts', hosts(2), { key: 'k' }));
  t.match(first, { status: 200, body: { changed: true } });
  t.same(again.body, first.body);
  t.match(await ask('POST', '/facts', hosts(1), { key: 'k' }), {
    status: 422,
    body: { code: 'idempotency-key-reused' },
  });
});

t.test('so many hosts are reported at once, and no more', async (t) => {
  const opened = await openStation(t);
  const { ask, station } = opened;
  const tooMany = await untouched(t, opened, () =>
    ask('POST', '/facts', hosts(reportedHostsMax + 1)),
  );
  t.match(tooMany, { status: 400, body: { code: 'invalid-request', field: 'hosts' } });
  t.equal((await ask('POST', '/facts', hosts(reportedHostsMax))).status, 200);
  t.equal(station.graph.count('host'), reportedHostsMax);
});

t.test('hosts that one token reports too fast wait, and then are refused', async (t) => {
  const waits: number[] = [];
  const time = {
    ...systemTime,
    monotonic: () => 0,
    after: (ms: number, call: () => void) => {
      waits.push(ms);
      return systemTime.after(0, call);
    },
  };
  const opened = await openStation(t, { time });
  const { ask, tokenOf } = opened;
  const token = await tokenOf('agent');
  const report = (as: string) => ask('POST', '/facts', hosts(reportedHostsMax), { token: as });
  for (let left = admissionPaces.reportedHosts.burst; left > 0; left -= reportedHostsMax)
    t.equal((await report(token)).status, 200);
  const inPatience = (5 * admissionPaces.reportedHosts.perSecond) / reportedHostsMax;
  for (let i = 1; i <= inPatience; i += 1) {
    t.equal((await report(token)).status, 200);
    const ms = (i * reportedHostsMax * 1000) / admissionPaces.reportedHosts.perSecond;
    t.ok(waits.includes(ms), `it was kept waiting for ${ms} ms`);
  }
  const refused = await report(token);
  t.match(refused, { status: 429, body: { code: 'too-many-requests' } });
  t.match(refused.headers['retry-after'], /^\d+$/);
  t.equal((await report(await tokenOf('agent'))).status, 200, 'another is not kept from it');
  t.equal((await report(opened.admin)).status, 200, 'nor an administrator');
});

t.test(
  'one report of many hosts more than a share is refused, of a token and of all',
  async (t) => {
    // Time stands still: a token that has used up its pace waits for ever.
    const time = { ...systemTime, monotonic: () => 0, after: () => () => undefined };
    const paces = { reportedHosts: { burst: 1, perSecond: 1 } };
    const { app, ask, tokenOf } = await openStation(t, { time, server: { paces } });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const ending = new AbortController();
    const send = async (token: string): Promise<Response> =>
      fetch(`${app.listeningOrigin}/api/v1/facts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(hosts(1)),
        signal: ending.signal,
      });
    const exhausted = async (): Promise<string> => {
      const token = await tokenOf('agent');
      await ask('POST', '/facts', hosts(1), { token });
      return token;
    };
    /** The one answer to so many that are sent at once: all others wait. */
    const refusal = async (tokens: readonly string[]): Promise<Response> => {
      const sent = tokens.map(send);
      for (const one of sent) one.catch(() => undefined);
      return Promise.race(sent);
    };
    const [first = '', ...others] = await Promise.all(
      Array.from({ length: reportLimits.inAll / reportLimits.each + 1 }, exhausted),
    );
    const ofOne = await refusal(Array<string>(reportLimits.each + 1).fill(first));
    t.equal(ofOne.status, 429);
    t.match(ofOne.headers.get('retry-after'), /^\d+$/);
    t.match(await ofOne.text(), `you have ${reportLimits.each} `);
    t.equal((await ask('POST', '/facts', hosts(1))).status, 200, 'another is not kept from it');

    const rest = others.flatMap((token) => Array<string>(reportLimits.each).fill(token));
    const ofAll = await refusal(rest.slice(0, reportLimits.inAll - reportLimits.each + 1));
    t.equal(ofAll.status, 429);
    t.match(await ofAll.text(), `there are ${reportLimits.inAll} `);
    ending.abort();
    await until('room', async () => {
      const { status } = await ask('POST', '/facts', hosts(1));
      return status === 200;
    });
  },
);
