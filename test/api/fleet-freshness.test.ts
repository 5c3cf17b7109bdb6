/** What is told is no older than whoever asks would have it. Numbers are those of the cases of the fleet's status. */

import t from 'tap';
import type { Test } from 'tap';
import { readCheckFile } from '../../src/checks/settings/read.ts';
import { openStation, reported } from '../station/harness.ts';
import type { Answer, InProcess, Json } from '../station/harness.ts';
import { countedKnocks } from './knocks.ts';

const [one, two] = ['n1.example', 'n2.example'];

/** A station that looks by itself once a day, and two machines of which the connections are counted. */
const withMachines = async (t: Test): Promise<InProcess & { knocks: () => number }> => {
  const { port, knocks } = await countedKnocks(t);
  // So many looks of themselves that none is due while a test lasts: it begins somewhere in the day.
  const text = `checks: [tcp]\nperiods: {tcp: 86400}\ntcp: {port: ${port}}\n`;
  const opened = await openStation(t, { checks: readCheckFile({ name: 'checks.yaml', text }) });
  for (const fqdn of [one, two]) {
    await opened.ask('POST', '/hosts', { fqdn });
    await opened.ask('PUT', `/hosts/${fqdn}/facts`, reported('127.0.0.1'));
  }
  return { ...opened, knocks };
};

const named = (answer: Answer, name: string): Json =>
  answer.body.nodes.find((node: Json) => node.name === name);

t.test('a GET runs nothing by itself; with max_age what is older is looked at', async (t) => {
  const { ask, knocks, station } = await withMachines(t);
  const before = knocks();
  for (const path of ['/fleet', '/fleet?checks=tcp', `/hosts/${one}/status`]) {
    const { status, body } = await ask('GET', path);
    t.equal(status, 200);
    t.equal((body.meta ?? body).fresh, undefined);
  }
  t.equal(knocks(), before);
  const at = station.now();
  const fresh = await ask('GET', `/fleet?nodes=${one}&checks=tcp&max_age=0&wait=60`);
  t.match(fresh.body.meta.fresh, { run: String, looks: 1, pending: 0 });
  t.match(named(fresh, one).checks.tcp, { verdict: 'ok' });
  t.ok(named(fresh, one).checks.tcp.at >= Math.floor(at), 'it says when that was found');
  t.equal(knocks(), before + 1);
  const again = await ask('GET', `/fleet?nodes=${one}&checks=tcp&max_age=86400&wait=60`);
  t.match(again.body.meta.fresh, { run: null, looks: 0, pending: 0 });
  t.equal(knocks(), before + 1, 'it was young enough');
  const both = await ask('GET', '/fleet?checks=tcp&max_age=86400&wait=60');
  t.match(both.body.meta.fresh, { looks: 1, pending: 0 }, 'only the other one is looked at');
  t.match(named(both, two).checks.tcp, { verdict: 'ok' });
  t.equal(knocks(), before + 2);
  const host = await ask('GET', `/hosts/${one}/status?max_age=0&wait=60`);
  t.match(host.body, { fresh: { looks: 4, pending: 0 }, machine: { name: one } });
  t.equal(knocks(), before + 3);
});

t.test('25: twenty who want it fresh at once are answered by one look', async (t) => {
  const { ask, knocks } = await withMachines(t);
  const before = knocks();
  const path = `/fleet?nodes=${one}&checks=tcp&max_age=0&wait=60`;
  const all = await Promise.all(Array.from({ length: 20 }, () => ask('GET', path)));
  t.equal(new Set(all.map(({ body }) => body.meta.fresh.run)).size, 1);
  for (const answer of all) t.match(named(answer, one).checks.tcp, { verdict: 'ok' });
  t.equal(knocks(), before + 1);
});

t.test('who does not wait is told what is not answered yet, and where it will be', async (t) => {
  const { ask } = await withMachines(t);
  const { body } = await ask('GET', '/fleet?checks=tcp&max_age=0');
  const { run, looks, pending } = body.meta.fresh;
  t.equal(looks, 2);
  t.equal(pending, 2, 'a run asks with its next turn');
  const ended = await ask('GET', `/check-runs/${run}?wait=60`);
  t.match(ended.body, { state: 'ended', total: 2, done: 2, counts: { ok: 2 } });
  t.match(named(await ask('GET', '/fleet?checks=tcp&max_age=86400'), two).checks.tcp, {
    verdict: 'ok',
  });
});

t.test(
  'it takes the right to look, and what is misspelt or of the past runs nothing',
  async (t) => {
    const { ask, knocks, tokenOf, station } = await withMachines(t);
    const viewer = { token: await tokenOf('viewer') };
    await ask('POST', '/projects', { name: 'p' });
    const member = {
      token: await tokenOf('member', { projects: [{ name: 'p', role: 'operator' }] }),
    };
    await ask('POST', '/projects/p/attach', { hosts: [one] });
    const version = station.observations.version;
    const before = knocks();
    for (const who of [viewer, member])
      for (const path of [`/fleet?max_age=5`, `/hosts/${one}/status?max_age=5`])
        t.match(await ask('GET', path, undefined, who), {
          status: 403,
          body: { code: 'forbidden' },
        });
    t.equal((await ask('GET', '/fleet', undefined, viewer)).status, 200);
    const wrong: readonly [path: string, status: number, field: string | undefined][] = [
      ['/fleet?wait=5', 400, 'wait'],
      [`/hosts/${one}/status?wait=5`, 400, 'wait'],
      ['/fleet?max_age=5&at=1', 400, 'max_age'],
      ['/fleet?max_age=5&cursor=x.1', 400, 'max_age'],
      ['/fleet?max_age=-1', 400, 'max_age'],
      ['/fleet?max_age=5&wait=61', 400, 'wait'],
      ['/fleet?maxage=5', 400, 'maxage'],
      ['/fleet?max_age=5&checks=tpc', 400, 'checks'],
      ['/fleet?max_age=5&nodes=n9.example', 404, 'nodes'],
      ['/hosts/n9.example/status?max_age=5', 404, undefined],
    ];
    for (const [path, status, field] of wrong) {
      const answer = await ask('GET', path);
      t.equal(answer.status, status, path);
      if (field !== undefined) t.equal(answer.body.field, field, path);
    }
    t.equal(knocks(), before);
    t.equal(station.observations.version, version);
  },
);
