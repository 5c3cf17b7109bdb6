/** What becomes of commands when the log does not say whether it has kept them. */

import t from 'tap';
import type { Test } from 'tap';
import { openMemoryLog } from '../../src/log/memory.ts';
import type { MemoryStorage, Silence } from '../../src/log/memory.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import { openStation } from './harness.ts';
import type { InProcess } from './harness.ts';

/** A station whose log falls silent when told to. */
const silenced = async (
  t: Test,
): Promise<InProcess & { storage: MemoryStorage; fall: (...silences: Silence[]) => void }> => {
  const storage: MemoryStorage = [];
  const silences: Silence[] = [];
  const log = openMemoryLog({ storage, store: (): Silence | undefined => silences.shift() });
  const opened = await openStation(t, { log });
  return { ...opened, storage, fall: (...more) => void silences.push(...more) };
};

const register = (opened: InProcess, fqdn: string, key: string) =>
  opened.ask(
    'PUT',
    `/hosts/${fqdn}/facts`,
    { agent: fqdn, address: '10.0.0.1', cpus: 4, memory_mib: 1000 },
    { key },
  );

const reportsOf = (storage: MemoryStorage, fqdn: string): Commit[] =>
  storage
    .map(({ body }) => JSON.parse(body) as Commit)
    .filter(({ events }) =>
      events.some(
        ({ type, data }) => type === 'NodeUp' && (data as { fqdn: string }).fqdn === fqdn,
      ),
    );

for (const silence of ['kept', 'lost', 'late'] as const)
  t.test(
    `a command of which the log said nothing, and that was ${silence}, is done once`,
    async (t) => {
      const opened = await silenced(t);
      const { station, storage, fall } = opened;
      fall(silence);
      t.equal((await register(opened, 'n1.example', 'one')).status, 200);
      t.equal(reportsOf(storage, 'n1.example').length, 1);
      t.equal(station.head, station.log.head());
      const again = await register(opened, 'n1.example', 'one');
      t.equal(again.status, 200);
      t.equal(reportsOf(storage, 'n1.example').length, 1, 'a retry does it no second time');
      t.equal((await register(opened, 'n2.example', 'two')).status, 200, 'and it goes on');
    },
  );

t.test('while nobody knows, nobody is told that it failed, and nothing is decided', async (t) => {
  const opened = await silenced(t);
  const { station, storage, fall } = opened;
  fall(...Array<Silence>(60).fill('lost'));
  const waiting = register(opened, 'n1.example', 'one');
  await new Promise((resolve) => setImmediate(resolve));
  const answer = await waiting;
  t.match(answer, { status: 503, body: { code: 'outcome-unknown' } });
  t.ok(station.graph.get('host', 'n1.example'), 'it is not taken back');
  t.match(await register(opened, 'n2.example', 'two'), { status: 503, body: { code: 'log-busy' } });
  t.equal(reportsOf(storage, 'n2.example').length, 0);
  let retried = await register(opened, 'n1.example', 'one');
  const deadline = Date.now() + 120_000;
  while (retried.status !== 200 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    retried = await register(opened, 'n1.example', 'one');
  }
  t.equal(retried.status, 200);
  t.equal(reportsOf(storage, 'n1.example').length, 1);
});
