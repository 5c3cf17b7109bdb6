/** Restarts that are waited for until the host is up, by a station, a running OBM daemon and what agents report. */

import t from 'tap';
import { host, reported, until } from './harness.ts';
import type { Answer, Json } from './harness.ts';
import { Bench } from './obm-bench.ts';

/** Of every bench here. */
const daemon = await Bench.daemon(t);

const power = ({ station }: Bench, body: object): Promise<Answer> =>
  station.ask('POST', `/hosts/${host}/obm/power`, body);

const operation = async ({ station }: Bench, id: number): Promise<Json> =>
  (await station.ask('GET', `/operations/${id}`)).body;

/** The host has started, and its agent says so. */
const boots = ({ station }: Bench, boot: string): Promise<Answer> =>
  station.ask('PUT', `/hosts/${host}/facts`, reported('10.0.0.3', { boot_id: boot }));

const ready = async (t: Parameters<typeof Bench.set>[0]): Promise<Bench> => {
  const bench = await Bench.set(t, { daemon });
  await bench.register();
  await bench.turn('enable');
  await boots(bench, 'one');
  return bench;
};

t.test('case 16: a restart goes on until the host is up by another boot', async (t) => {
  const bench = await ready(t);
  const { ask } = bench.station;
  const begun = await power(bench, { action: 'reset', wait_up: 3600 });
  t.match(begun, { status: 202, body: { kind: 'power-reset', state: 'running' } });
  const { id } = begun.body;
  await until('it to be carried out', async () =>
    (await operation(bench, id)).stage.startsWith('carried out'),
  );
  t.match(await operation(bench, id), {
    ...{ state: 'running', stage: /; the host is not up yet$/, done: 0 },
    waiting: [{ fid: null, host, name: 'power reset', state: 'awaited' }],
  });
  const { sequences } = (await ask('GET', '/engine/sequences')).body;
  t.match(
    sequences.filter(({ kind }: Json) => kind === 'host-return'),
    [{ host, step: 'power reset: not up yet' }],
  );
  const waiting = ask('GET', `/operations/${id}`, undefined, { headers: { prefer: 'wait=300' } });
  await boots(bench, 'one');
  t.match(await operation(bench, id), { state: 'running' }, 'it was up by that boot before');
  await boots(bench, 'two');
  t.match((await waiting).body, { state: 'succeeded', stage: 'the host is up', done: 1 });
});

t.test('what starts no host, or is no time, is refused, and nothing is ordered', async (t) => {
  const bench = await ready(t);
  const before = bench.station.station.head;
  for (const action of ['off', 'soft', 'diagnostic-interrupt'])
    t.match(await power(bench, { action, wait_up: 60 }), {
      status: 400,
      body: { field: 'wait_up', detail: /wait_up is for on, cycle, reset/ },
    });
  for (const wait of [0, 86_401, 1.5, '60', null])
    t.match(await power(bench, { action: 'on', wait_up: wait }), {
      status: 400,
      body: { field: 'wait_up' },
    });
  t.equal(bench.station.station.head, before);
});

t.test('a dry run says that the host is awaited', async (t) => {
  const { station } = await ready(t);
  const path = `/hosts/${host}/obm/power?dry_run=true`;
  t.match(await station.ask('POST', path, { action: 'cycle', wait_up: 60 }), {
    body: { events: [{ type: 'ObmOrdered' }, { type: 'HostAwaited', data: { seconds: 60 } }] },
  });
});
