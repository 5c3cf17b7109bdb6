/** Stations that lose each other, and a log that loses its quorum (cases T55 and T56 of the acceptance). */

import t from 'tap';
import { until } from '../../station/harness.ts';
import type { Answer } from '../../station/harness.ts';
import { stations } from './stations.ts';
import type { Member, Stations } from './stations.ts';

/** What the log has of projects, and of terms. */
const told = async ({
  station,
}: Member): Promise<{ projects: string[]; terms: [number, string][] }> => {
  const projects: string[] = [];
  const terms: [number, string][] = [];
  for await (const { events } of station.log.read(0 as never))
    for (const { type, data } of events) {
      if (type === 'ProjectCreated') projects.push((data as { name: string }).name);
      if (type !== 'StationLed') continue;
      const led = data as { term: number; station: string };
      terms.push([led.term, led.station]);
    }
  return { projects, terms };
};

const leading = ({ members }: Stations): Member[] =>
  members.filter(({ station }) => station.standing.role === 'leading');

/** Asks one station after the other until one takes it, always by the same key. */
const insist = async (members: readonly Member[], name: string): Promise<string[]> => {
  const codes: string[] = [];
  await until(`${name} to be accepted`, async () => {
    for (const member of members) {
      const answer: Answer = await member.ask('POST', '/projects', { name }, { key: name });
      codes.push(answer.status < 300 ? 'accepted' : (answer.body?.code ?? String(answer.status)));
      if (answer.status < 300) return true;
    }
    return false;
  });
  return codes;
};

/** What may be answered while nobody leads; all of it says to repeat it, and none that it failed. */
const undecided = new Set([
  ...['no-leader', 'not-leading', 'outcome-unknown', 'log-busy', 'accepted'],
]);

t.test(
  'T55: each of three stations is isolated in turn: one leads, each event is there, each effect once',
  async (t) => {
    const cluster = await stations(t, ['one', 'two', 'three']);
    const { members } = cluster;
    let most = 0;
    const look = setInterval(() => (most = Math.max(most, leading(cluster).length)), 5);
    t.teardown(() => clearInterval(look));
    const wanted: string[] = [];
    for (const isolated of members) {
      isolated.log.line.cut('silent');
      const others = members.filter((member) => member !== isolated);
      for (let i = 0; i < 5; i += 1) {
        const name = `without-${isolated.name}-${i}`;
        wanted.push(name);
        for (const code of await insist(others, name)) t.ok(undecided.has(code), code);
      }
      const [leader] = leading(cluster);
      t.not(leader, isolated);
      const read = await isolated.ask('GET', '/projects');
      // Where it had taken a command, it does not know yet what the cluster looks like.
      if (read.body.code !== 'outcome-unknown') t.equal(read.status, 200, 'it still reads');
      isolated.log.line.restore();
      await until('it is back', async () => {
        const { status } = await isolated.ask('GET', `/whoami?at_least=${leader!.station.head}`);
        return status === 200;
      });
    }
    clearInterval(look);
    t.equal(most, 1, 'never did two lead');
    const { projects, terms } = await told(await cluster.leader());
    t.same(projects, wanted, 'each once, in order');
    t.same(
      terms.map(([term]) => term),
      terms.map((_, i) => i + 1),
      'a term is led by one',
    );
  },
);

t.test(
  'T56: without a quorum of the log nothing is accepted; what was asked is done once when it is back',
  async (t) => {
    const cluster = await stations(t, ['one', 'two', 'three']);
    const { members } = cluster;
    const head = (await cluster.leader()).station.log.head();
    for (const { log } of members) log.line.cut('silent');
    const answers = await Promise.all(
      members.map((member) => member.ask('POST', '/projects', { name: 'add' }, { key: 'add' })),
    );
    for (const { status, body } of answers) {
      t.equal(status, 503);
      t.ok(undecided.has(body.code), body.code);
    }
    await until('nobody leads any more', () => leading(cluster).length === 0);
    const late = await members[0]!.ask('POST', '/projects', { name: 'late' }, { key: 'late' });
    t.match(late, { status: 503, body: { code: /^(no-leader|not-leading)$/ } });
    for (const { log } of members) t.ok(log.head() <= head, 'nothing was accepted');
    for (const { log } of members) log.line.restore();
    t.equal((await insist(members, 'add')).at(-1), 'accepted');
    t.equal((await insist(members, 'late')).at(-1), 'accepted');
    t.same((await told(await cluster.leader())).projects, ['add', 'late'], 'each once');
  },
);
