/** The stations of a cluster side by side, from what each says of itself. */

import t from 'tap';
import type { StationInfo, StationList } from '../../src/client/types.ts';
import {
  followingText,
  onlyLine,
  stationLines,
  whomToAsk,
} from '../../src/client/view/stations.ts';
import type { Heard } from '../../src/client/view/stations.ts';

const urlOf = (name: string): string => `https://${name}:7400`;
const listOf = (...names: string[]): StationList => ({
  ...{ revision: 100, term: 7, leader: 'head1' },
  stations: names.map((name) => ({
    ...{ name, url: urlOf(name), leads: name === 'head1', term: null, since: null, added: 1 },
  })),
});

const info = (name: string | null, change: Partial<StationInfo> = {}): StationInfo => ({
  ...{ name, role: 'following', role_since: 5, term: 7, known: true, log_trouble: null },
  leader: { name: 'head1', url: urlOf('head1') },
  ...{ head: 100, durability: 'disk-quorum', waiting: 0, started: 1, uptime_seconds: 1, pid: 1 },
  ...{ version: '1', node: '24', directory: '/', log_directory: null, log_bytes: 0, snapshots: 0 },
  ...{ last_snapshot: null, hosts: 0, processes: 0, agents_connected: 0, memory_bytes: 1 },
  periodic: [],
  ...change,
});
const leading = (name: string, change: Partial<StationInfo> = {}): Heard => ({
  info: info(name, { role: 'leading', ...change }),
});

t.test('how far one is behind is counted from the one that leads', async (t) => {
  const heard = new Map<string, Heard>([
    ['head1', leading('head1')],
    ['head2', { info: info('head2', { head: 97 }) }],
    // It was asked later than the one that leads.
    ['head3', { info: info('head3', { head: 104 }) }],
  ]);
  t.match(stationLines(listOf('head1', 'head2', 'head3'), heard), [
    { name: 'head1', role: 'leading', term: 7, revision: 100, lag: 0, matter: null },
    { name: 'head2', role: 'following', revision: 97, lag: 3, durability: 'disk-quorum', since: 5 },
    { name: 'head3', lag: 0 },
  ]);
});

t.test('one that does not answer is unknown, and so is how far it is', async (t) => {
  const heard = new Map<string, Heard>([
    ['head1', leading('head1')],
    ['head2', { why: 'no answer within 3 s' }],
  ]);
  t.same(stationLines(listOf('head1', 'head2', 'head3'), heard).slice(1), [
    {
      ...{ name: 'head2', url: urlOf('head2'), role: 'unknown', term: null, revision: null },
      ...{ lag: null, durability: null, since: null, matter: 'no answer within 3 s' },
    },
    {
      ...{ name: 'head3', url: urlOf('head3'), role: 'unknown', term: null, revision: null },
      ...{ lag: null, durability: null, since: null, matter: 'not asked' },
    },
  ]);
});

t.test('while nobody leads nobody knows who is behind', async (t) => {
  const heard = new Map<string, Heard>([
    ['head1', { why: 'refused' }],
    ['head2', { info: info('head2', { leader: null }) }],
  ]);
  const [, second] = stationLines(listOf('head1', 'head2'), heard);
  t.match(second, { lag: null, revision: 100, matter: /knows of no station that leads/ });
});

t.test('of two that think that they lead, the newer term counts', async (t) => {
  const heard = new Map<string, Heard>([
    ['head1', leading('head1', { term: 6, head: 90 })],
    ['head2', leading('head2', { term: 7, head: 100 })],
  ]);
  t.match(stationLines(listOf('head1', 'head2'), heard), [{ lag: 10 }, { lag: 0 }]);
});

t.test('what is wrong with one is said, the log before the rest', async (t) => {
  const matter = (change: Partial<StationInfo>): string | null =>
    stationLines(listOf('head2'), new Map([['head2', { info: info('head2', change) }]]))[0]!.matter;
  t.equal(matter({}), null);
  t.match(matter({ known: false }), /none of the cluster/);
  t.equal(matter({ known: false, log_trouble: 'refused' }), 'refused');
});

t.test('where another one answers, nothing is known of the one that was meant', async (t) => {
  for (const [name, who] of [
    ['head9', /head9 answers/],
    [null, /without a name answers/],
  ] as const) {
    const heard = new Map<string, Heard>([['head2', { info: info(name) }]]);
    t.match(stationLines(listOf('head2'), heard), [
      { role: 'unknown', revision: null, matter: who },
    ]);
  }
});

t.test('a token that was sent over TLS goes nowhere without', async (t) => {
  const list = listOf('head1', 'head2');
  const plain = { ...list, stations: [{ ...list.stations[0]!, url: 'http://head1:7400' }] };
  t.match(whomToAsk(plain, true), [{ name: 'head1', refused: /not https/ }]);
  t.match(whomToAsk(plain, false), [{ name: 'head1', refused: null }]);
  t.match(whomToAsk(list, true), [{ refused: null }, { refused: null }]);
});

t.test('one that has its log for itself is the only line', async (t) => {
  t.match(onlyLine(info(null, { role: 'leading', leader: null, known: null, term: 1 })), {
    ...{ name: null, url: null, role: 'leading', term: 1, revision: 100, lag: 0, matter: null },
  });
});

t.test('a station that follows says who leads', async (t) => {
  t.equal(followingText(info('head1', { role: 'leading' })), null);
  t.equal(followingText(info('head2')), 'This station follows; head1 leads.');
  t.match(followingText(info('head2', { leader: null })), /no station that leads/);
});
