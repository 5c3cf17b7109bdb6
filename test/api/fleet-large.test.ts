/** Ten thousand machines, eight checks each. Numbers are those of the acceptance cases of the fleet's status. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import type { Test } from 'tap';
import { keptBytesMax } from '../../src/api/fleet/answers.ts';
import { blockBytesMax } from '../../src/api/fleet/pieces.ts';
import type { Observation } from '../../src/checks/observation.ts';
import { inNodes, inTable } from '../../src/checks/view/observations-in.ts';
import { openStation, until } from '../station/harness.ts';
import type { InProcess, Json } from '../station/harness.ts';
import { unasked } from '../station/suggestions/observed.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const machines = 10_000;
const checks = ['dstate', 'load', 'memory', 'ping', 'ssh', 'tcp', 'uptime', 'users'];
const name = (i: number): string => `n${i}.savio3`;

const found = (machine: string, check: string, i: number): Observation => ({
  ...{ machine, check, verdict: i % 50 === 0 ? 'fail' : 'ok' },
  value: check === 'uptime' ? 86_400 + i * 7 : check === 'memory' ? (i % 97) / 100 : i % 13,
  ...{ text: i % 50 === 0 ? 'no answer in 5 s' : 'as it should be' },
  ...{ observedAt: 1_790_000_000_000 + i, durationMs: i % 40 },
});

const large = async (t: Test): Promise<InProcess & { readonly get: Get }> => {
  // It looks at nothing by itself, so that nothing changes but what a test changes.
  const opened = await openStation(t, { checks: unasked });
  const { app, admin, station } = opened;
  // A log takes many commits a sync.
  for (let from = 0; from < machines; from += 1000)
    await Promise.all(
      Array.from({ length: 1000 }, (_, i) =>
        station.submit(
          { type: 'RegisterHost', fqdn: name(from + i) },
          { actor: 'token:test' },
          () => null,
        ),
      ),
    );
  for (let i = 0; i < machines; i += 1)
    station.observations.record(checks.map((check) => found(name(i), check, i)));
  const get: Get = async (query = '', headers = {}) => {
    const answer = await app.inject({
      url: `/api/v1/fleet${query}`,
      headers: { authorization: `Bearer ${admin}`, ...headers },
    });
    const bytes = answer.rawPayload;
    const isShort = answer.headers['content-encoding'] === 'gzip';
    const text = (isShort ? gunzipSync(bytes) : bytes).toString();
    t.ok([200, 304].includes(answer.statusCode), text.slice(0, 200));
    if (answer.statusCode === 200)
      t.equal(Number(answer.headers['content-length']), bytes.length, 'its length is told ahead');
    return { status: answer.statusCode, bytes: bytes.length, tag: answer.headers.etag!, text };
  };
  return { ...opened, get };
};

type Get = (
  query?: string,
  headers?: Record<string, string>,
) => Promise<{
  readonly status: number;
  readonly bytes: number;
  readonly tag: string;
  readonly text: string;
}>;

const gzip = { 'accept-encoding': 'gzip' };

/** Lists this long are compared as text: to tell how they differ would take minutes. */
const same = (t: Test, one: readonly unknown[], other: readonly unknown[], what: string): void => {
  const at = one.findIndex((item, i) => JSON.stringify(item) !== JSON.stringify(other[i]));
  t.equal(JSON.stringify(one[at]), JSON.stringify(other[at]), `${what}: the one at ${at}`);
  t.equal(one.length, other.length, what);
};

/** What an answer says but for when it was made. */
const nodesIn = (text: string): string => text.slice(text.indexOf('"nodes":'));

/** As text, in an order of its own. */
const sorted = (all: readonly Observation[]): string[] =>
  all.map((one) => JSON.stringify(one, Object.keys(one).sort())).sort();

t.test(
  '27: ten thousand machines in one answer: all of them, in order, in every form',
  async (t) => {
    const { get, ask, station } = await large(t);
    const plain = await get();
    const nodes = JSON.parse(plain.text).nodes as Json[];
    const all = Array.from({ length: machines }, (_, i) => name(i));
    const failing = all.filter((_, i) => i % 50 === 0);
    t.same(
      nodes.map((node) => node.name),
      [...failing, ...all.filter((_, i) => i % 50 !== 0)],
      'what fails comes first, and names as people count',
    );
    const wanted = sorted(
      all.flatMap((machine, i) => checks.map((check) => found(machine, check, i))),
    );
    const ofChecks = (one: Observation): boolean => checks.includes(one.check);
    same(t, sorted(inNodes(nodes as never).filter(ofChecks)), wanted, 'every observation is there');

    const short = await get('', gzip);
    t.ok(nodesIn(short.text) === nodesIn(plain.text), 'compressed it is the same');
    t.ok(short.bytes < plain.bytes / 8);
    const table = await get('?shape=table', gzip);
    t.ok(table.bytes < 400_000, `a table is ${table.bytes} bytes`);
    const { meta, rows } = JSON.parse(table.text);
    same(t, sorted(inTable(meta.columns, rows).filter(ofChecks)), wanted, 'a table has the same');
    const lines = (await get('?format=ndjson', gzip)).text.trimEnd().split('\n');
    t.same(
      lines.map((line) => JSON.parse(line) as unknown),
      nodes,
      'and so have lines',
    );

    // A tag holds for a minute of the clock, which may end between the two.
    for (const headers of [{}, gzip])
      await until('it is as it was', async () => {
        const { tag } = await get('', headers);
        const { status, bytes } = await get('', { ...headers, 'if-none-match': tag });
        return status === 304 && bytes === 0;
      });
    // One machine in the middle is worked on, so that it fails no more than others.
    const [ill, well] = [name(5050), name(7001)];
    await ask('POST', `/hosts/${well}/notes`, { text: 'a fan' });
    await ask('PUT', `/hosts/${ill}/maintenance`, { reason: 'a fan' });
    const after = await get('', gzip);
    t.not(after.tag, plain.tag);
    const now = new Map((JSON.parse(after.text).nodes as Json[]).map((node) => [node.name, node]));
    t.equal(now.size, machines);
    t.match(now.get(well), { note: { text: 'a fan' } });
    t.match(now.get(ill), { maintenance: { reason: 'a fan' } });
    same(
      t,
      sorted(inNodes([...now.values()] as never).filter(ofChecks)),
      wanted,
      'nothing else is',
    );
    t.equal([...now.keys()].indexOf(ill), failing.length - 1, 'it is the last of those that fail');
    t.ok(nodesIn((await get()).text) === nodesIn(after.text), 'as it is, it is the same');
    t.equal(station.fleet.isNow, true);
  },
);

t.test('27: however many answers are asked for, so many bytes are kept and no more', async (t) => {
  const { get } = await large(t);
  const questions = Array.from({ length: 30 }, (_, i) => `?filter=load<${i + 20}`);
  const { length } = (await get(questions[0])).text;
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  for (const question of questions) t.ok((await get(question)).bytes > 0.9 * length);
  const others = Array.from({ length: 30 }, (_, i) => `?sort=-uptime&filter=load<${i + 20}`);
  for (const question of others) await get(question, gzip);
  collectGarbage();
  const kept = process.memoryUsage().arrayBuffers - before;
  t.ok(60 * length > 4 * (keptBytesMax + blockBytesMax), 'all together they are many more');
  t.ok(kept < 1.5 * (keptBytesMax + blockBytesMax), `${kept} bytes are kept`);
});
