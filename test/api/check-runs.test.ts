/** Looks at machines that somebody asks for. Numbers are those of the acceptance cases of the fleet's status. */

import t from 'tap';
import type { Test } from 'tap';
import { readCheckFile } from '../../src/checks/settings/read.ts';
import { runLimits } from '../../src/station/checks/runs.ts';
import { openStation, reported, until } from '../station/harness.ts';
import type { Answer, InProcess } from '../station/harness.ts';
import { countedKnocks } from './knocks.ts';

/** A station that looks by itself once a day, and a machine of which the connections are counted. */
const withMachine = async (t: Test): Promise<InProcess & { knocks: () => number }> => {
  const { port, knocks } = await countedKnocks(t);
  const text = `checks: [ping, tcp]\nperiods: {ping: 86400, tcp: 86400}\ntcp: {port: ${port}}\n`;
  const opened = await openStation(t, { checks: readCheckFile({ name: 'checks.yaml', text }) });
  await opened.ask('POST', '/hosts', { fqdn: 'n1.example' });
  await opened.ask('PUT', '/hosts/n1.example/facts', reported('127.0.0.1'));
  return { ...opened, knocks };
};

t.test('the catalogue says what there is, what runs, and what cannot be asked', async (t) => {
  const { ask } = await withMachine(t);
  const { status, body } = await ask('GET', '/checks');
  t.equal(status, 200);
  const of = (id: string): unknown => body.checks.find((one: { id: string }) => one.id === id);
  t.match(of('ping'), { parent: null, type: 'seconds', unit: 's', enabled: true, lack: null });
  t.match(of('load'), { needs: 'probe', enabled: false, lack: /"ssh"/ });
  t.match(of('scheduler'), { lack: /not asked/ });
  t.match(body.lag, { under_way: 0, passed_over: 0 });
});

t.test('25: twenty who ask for the same at once are answered by one look', async (t) => {
  const { ask, knocks } = await withMachine(t);
  const body = { nodes: 'n1.example', checks: ['tcp'] };
  const begun = await Promise.all(
    Array.from({ length: 20 }, () => ask('POST', '/check-runs', body)),
  );
  for (const { status } of begun) t.equal(status, 202);
  const ended = await Promise.all(
    begun.map(({ headers }) =>
      ask('GET', `${headers['location']!.replace('/api/v1', '')}?wait=60`),
    ),
  );
  for (const { body } of ended)
    t.match(body, {
      ...{ state: 'ended', total: 1, done: 1, counts: { ok: 1 } },
      results: [{ node: 'n1.example', check: 'tcp', verdict: 'ok' }],
    });
  t.equal(knocks(), 1);
});

t.test(
  '26: whoever leaves ends nothing: the run ends by itself, and its results are kept',
  async (t) => {
    const { ask, station } = await withMachine(t);
    const { headers } = await ask('POST', '/check-runs', { nodes: 'n1.example' });
    const path = headers['location']!.replace('/api/v1', '');
    const ended = (): Promise<Answer> => ask('GET', path);
    await until('its end', async () => (await ended()).body.state === 'ended');
    t.match((await ended()).body, {
      total: 5,
      done: 5,
      checks: ['agent', 'ipmi', 'power', 'ping', 'tcp'],
    });
    t.match(station.observations.of('n1.example', 'tcp'), { verdict: 'ok' });
    t.equal(station.checks.inFlight.lag.underWay, 0);
  },
);

t.test('10: a mistyped check or machine is refused by name, and nothing runs', async (t) => {
  const { ask, knocks, station } = await withMachine(t);
  const version = station.observations.version;
  const run = (body: object): Promise<Answer> => ask('POST', '/check-runs', body);
  t.match(await run({ nodes: 'n1.example', checks: ['tpc'] }), {
    status: 400,
    body: { code: 'invalid-request', detail: /"tpc"/, field: 'checks' },
  });
  t.match(await run({ nodes: 'n1.exmple', checks: ['tcp'] }), {
    status: 404,
    body: { code: 'unknown-host', detail: /did you mean "n1\.example"/ },
  });
  t.match(await run({ nodes: 'n1.example', checks: ['load'] }), {
    status: 400,
    body: { detail: /"load" cannot be asked for: .*"ssh"/ },
  });
  t.match(await run({ nodes: 'n[3-1]' }), { status: 400, body: { field: 'nodes' } });
  t.match(await run({ node: 'n1.example' }), { status: 400 });
  t.match(await ask('GET', '/check-runs/constructor'), { status: 404 });
  t.equal(knocks(), 0);
  t.equal(station.observations.version, version);
});

t.test('runs under way are bounded for each who asks', async (t) => {
  const { ask } = await openStation(t);
  await ask('POST', '/hosts', { fqdn: 'n1.example' });
  const body = { nodes: 'n1.example', checks: ['agent'] };
  const all = await Promise.all(
    Array.from({ length: runLimits.each + 1 }, () => ask('POST', '/check-runs', body)),
  );
  const refused = all.filter(({ status }) => status === 429);
  t.ok(refused.length <= 1);
  for (const { status } of all) t.ok([202, 429].includes(status));
});

t.test(
  'without a file of checks what is known is answered, and nothing else is asked',
  async (t) => {
    const { ask } = await openStation(t);
    await ask('POST', '/hosts', { fqdn: '0' });
    t.match(await ask('POST', '/check-runs', { nodes: '0', checks: ['ping'] }), {
      status: 400,
      body: { detail: /--checks FILE/ },
    });
    const { headers } = await ask('POST', '/check-runs', { nodes: '0' });
    const { body } = await ask('GET', `${headers['location']!.replace('/api/v1', '')}?wait=60`);
    t.match(body, { state: 'ended', total: 3, done: 3 });
  },
);
