/** What clients notice when another station takes the lead: that it takes a while, and nothing else. */

import t from 'tap';
import type { Test } from 'tap';
import { createClient } from '../../../src/client/client.ts';
import { until } from '../../station/harness.ts';
import { stations } from './stations.ts';
import type { Member, Stations } from './stations.ts';

/** Names of projects, as often as the log says that they were made. */
const made = async ({ station }: Member): Promise<string[]> => {
  const names: string[] = [];
  for await (const { events } of station.log.read(0 as never))
    for (const { type, data } of events)
      if (type === 'ProjectCreated') names.push((data as { name: string }).name);
  return names;
};

/** Events of a live stream, by the ids that they have, until it has so many. */
const read = async (
  { url }: Member,
  token: string,
  after: string,
  count: number,
): Promise<string[]> => {
  const end = new AbortController();
  const answer = await fetch(`${url}/api/v1/events?from=0`, {
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      ...(after === '' ? {} : { 'last-event-id': after }),
    },
    signal: end.signal,
  });
  let text = '';
  const ids = (): string[] => [...text.matchAll(/^id: ?(.*)$/gm)].map(([, id]) => id!);
  for await (const piece of answer.body!) {
    text += Buffer.from(piece).toString();
    if (ids().length >= count) break;
  }
  end.abort();
  return ids().slice(0, count);
};

const clientOf = (t: Test, { admin, members }: Stations): ReturnType<typeof createClient> => {
  t.ok(members.length > 1);
  return createClient({ station: members.map(({ url }) => url), token: admin, busyMs: 60_000 });
};

t.test('a stream of events goes on at any other station, each event once', async (t) => {
  const { members, admin, settled } = await stations(t, ['one', 'two', 'three']);
  await settled();
  const [one, two, three] = members;
  const all = await read(one!, admin, '', 12);
  t.equal(new Set(all).size, 12);
  const first = await read(two!, admin, '', 5);
  const rest = await read(three!, admin, first.at(-1)!, 7);
  t.same([...first, ...rest], all);
});

t.test('a client goes on with whoever leads next', async (t) => {
  const cluster = await stations(t, ['one', 'two', 'three']);
  const client = clientOf(t, cluster);
  await client.createProject({ name: 'before' });
  const old = await cluster.leader();
  const closing = old.close();
  // One command while nobody leads, and its answer is its own.
  t.match(await client.createProject({ name: 'meanwhile' }), {});
  await closing;
  const leader = await until('another leader', () =>
    cluster.members.find((one) => one !== old && one.station.standing.role === 'leading'),
  );
  t.same(await made(leader), ['before', 'meanwhile']);
});

t.test(
  'T56: the same key gets the truth of what nobody knew from whoever leads next',
  async (t) => {
    const cluster = await stations(t, ['one', 'two', 'three']);
    const [two] = await cluster.followers();
    const old = await cluster.leader();
    old.log.line.cut('silent');
    const body = { name: 'tomography' };
    const unknown = await two!.ask('POST', '/projects', body, { key: 'k' });
    t.match(unknown, { status: 503, body: { code: 'outcome-unknown' } });
    const next = await until('another leader', () =>
      cluster.members.find((one) => one !== old && one.station.standing.role === 'leading'),
    );
    const again = await until('an answer', async () => {
      const answer = await two!.ask('POST', '/projects', body, { key: 'k' });
      return answer.status === 503 ? undefined : answer;
    });
    t.equal(again.status, 201);
    old.log.line.restore();
    await until('the old one follows', () => old.station.standing.role === 'following');
    await until('it knows who leads', () => old.station.standing.leader?.station === next.name);
    t.match(await old.ask('POST', '/projects', body, { key: 'k' }), { status: 201 });
    t.same(await made(next), ['tomography'], 'it was done once');
    t.equal(
      (await old.ask('POST', '/projects', { name: 'after' })).status,
      201,
      'by the one that led',
    );
  },
);
