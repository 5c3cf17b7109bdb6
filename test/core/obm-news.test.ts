/** What OBM daemons tell of machines: once each, and nothing that is known already. Numbers are those of the acceptance cases. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import { newsPerCommit } from '../../src/core/values/obm-news.ts';
import type { ObmNews } from '../../src/core/values/obm-news.ts';
import { checkGraph } from './invariants.ts';
import { commitOf, dataOf, given, nodeDown, nodeUp, removeHost, submit } from './scenario.ts';

const [one, two] = ['n1.example', 'n2.example'] as const;
const obmd = 'https://obmd.example:7410';
const seen = 1_790_000_000_000;

const register = (fqdn: string, label: string, url = obmd): Command => ({
  type: 'RegisterObm',
  fqdn,
  obmd: url,
  label,
});

const positionOf = ({ graph }: Engine, url = obmd): string | null =>
  graph.get('feed', url)?.position ?? null;

/** What the daemon tells behind what is known of it. */
const told = (
  engine: Engine,
  position: string,
  news: readonly ObmNews[],
  { after = positionOf(engine), anew = false } = {},
): Command => ({ type: 'ReportObmd', obmd, after, position, anew, news });

const power = (
  state: 'on' | 'off',
  cause: 'order' | 'drift' | 'first' = 'drift',
  label = 'l1',
): ObmNews => ({ type: 'power', label, seen, state, cause });

const typesOf = ({ events }: Commit): string[] => events.map(({ type }) => type);

const followed = (): Engine => {
  const { engine } = given(
    ...[nodeUp(one), nodeUp(two, '10.0.0.2')],
    ...[register(one, 'l1'), register(two, 'l2')],
  );
  commitOf(engine, told(engine, '10', [], { anew: true }));
  return engine;
};

t.test(
  '42: what somebody switched by hand is an event of its machine, and no target',
  async (t) => {
    const engine = followed();
    commitOf(engine, told(engine, '11.0', [power('on', 'first')]));
    const commit = commitOf(engine, told(engine, '12.0', [{ ...power('off'), seen: seen + 5 }]));
    t.same(dataOf(commit, 'ObmPowerChanged'), [
      { fqdn: one, seen: seen + 5, state: 'off', cause: 'drift' },
    ]);
    t.match(engine.graph.must('observation', one), { power: { state: 'off', seen: seen + 5 } });
    t.equal(engine.graph.get('observation', two), undefined, 'of others nothing is known');
    t.equal(engine.graph.count('order'), 0, 'and nothing follows');
  },
);

t.test('what is seen late leaves orders as they are', async (t) => {
  const engine = followed();
  const { revision: epoch } = commitOf(engine, { type: 'EnableObm', fqdn: one, anew: false });
  const hash = 'a'.repeat(64);
  commitOf(engine, { type: 'ReportObmEnabled', fqdn: one, epoch, hash });
  const order = { kind: 'power', action: 'on' } as const;
  const { revision } = commitOf(engine, { type: 'OrderObm', fqdn: one, order });
  const before = engine.graph.must('order', `${revision}/${one}`);
  const registration = engine.graph.must('registration', one);
  commitOf(engine, told(engine, '11.0', [{ ...power('off'), seen: 1 }]));
  t.same(engine.graph.must('order', `${revision}/${one}`), before);
  t.same(engine.graph.must('registration', one), registration);
});

t.test('43, 44: what is seen again is no event, and trouble is one and its end one', async (t) => {
  const engine = followed();
  const away = { type: 'unreachable', label: 'l1', seen, reason: 'no-answer' } as const;
  const back = { type: 'reachable', label: 'l1', seen } as const;
  const all = [
    power('on', 'first'),
    power('on'),
    away,
    away,
    back,
    back,
    power('on'),
    power('off'),
  ];
  const commit = commitOf(engine, told(engine, '11.7', all));
  t.same(typesOf(commit), [
    ...['ObmPowerChanged', 'ObmUnreachable', 'ObmReachable', 'ObmPowerChanged', 'ObmdFollowed'],
  ]);
  commitOf(engine, told(engine, '12.0', [away]));
  t.match(engine.graph.must('observation', one), {
    power: { state: 'off' },
    trouble: { reason: 'no-answer', seen },
  });
  const same = commitOf(engine, told(engine, '13.0', [away, power('off')]));
  t.same(typesOf(same), ['ObmdFollowed'], 'it is only gone on with');
  commitOf(engine, told(engine, '14.0', [{ ...away, reason: 'credentials-refused' }]));
});

t.test('each is in the log once, with where to go on', async (t) => {
  const engine = followed();
  const command = told(engine, '11.0', [power('on')]);
  const commit = commitOf(engine, command);
  t.same(typesOf(commit), ['ObmPowerChanged', 'ObmdFollowed']);
  t.equal(positionOf(engine), '11.0');
  t.equal(submit(engine, command).kind, 'unchanged', 'what was told is not told again');
  t.equal(submit(engine, told(engine, '12.0', [power('off')], { after: '10' })).kind, 'unchanged');
  t.equal(submit(engine, told(engine, '11.0', [])).kind, 'unchanged');
  const many = Array.from({ length: newsPerCommit + 1 }, () => power('on'));
  t.throws(() => submit(engine, told(engine, '12.0', many)), RangeError);
});

t.test('of OBMs that are not ours nothing is taken', async (t) => {
  const engine = followed();
  const commit = commitOf(engine, told(engine, '11.0', [power('on', 'first', 'stranger')]));
  t.same(typesOf(commit), ['ObmdFollowed']);
  commitOf(engine, nodeUp('n3.example', '10.0.0.3'));
  commitOf(engine, register('n3.example', 'l3', 'https://other.example'));
  const theirs = commitOf(engine, told(engine, '12.0', [power('on', 'first', 'l3')]));
  t.same(typesOf(theirs), ['ObmdFollowed'], 'nor of those that another daemon has');
});

t.test('what is told of consoles, orders, logs and who answers is told as it is', async (t) => {
  const engine = followed();
  const alice = { principal: 'alice', source: '10.0.0.7' };
  const bob = { principal: 'bob', source: '10.0.0.8' };
  const entry = { id: '1', at: null, severity: 'critical', text: 'PSU 1 failed' } as const;
  const at = { label: 'l1', seen };
  const guid = '3'.repeat(31) + '4';
  const commit = commitOf(
    engine,
    told(engine, '11.0', [
      { ...at, type: 'console-attached', viewing: 'v1', ...alice },
      { ...at, type: 'writer-taken', ...bob, from: alice },
      { ...at, type: 'console-detached', viewing: 'v1', why: 'left' },
      { ...at, type: 'order', action: 'cycle', by: 'admin' },
      { ...at, type: 'guid', guid, labels: ['l2', 'l1', 'stranger'] },
      { ...at, type: 'entries', gap: false, entries: [entry] },
      { ...at, type: 'entries', gap: false, entries: [] },
    ]),
  );
  const of = { fqdn: one, seen };
  t.same(
    commit.events.map(({ type, data }) => [type, data]),
    [
      ['ObmConsoleAttached', { ...of, viewing: 'v1', ...alice }],
      ['ObmWriterTaken', { ...of, ...bob, from: alice }],
      ['ObmConsoleDetached', { ...of, viewing: 'v1', why: 'left' }],
      ['ObmOrderedElsewhere', { ...of, action: 'cycle', by: 'admin' }],
      ['ObmIdentified', { ...of, guid, twins: [two] }],
      ['ObmLogGrew', { ...of, gap: false, entries: [entry] }],
      ['ObmdFollowed', { obmd, position: '11.0', anew: false }],
    ],
  );
  t.equal(engine.graph.get('observation', one), undefined, 'and the graph keeps nothing of it');
});

t.test('of a daemon that was set back nothing is known that was known before', async (t) => {
  const engine = followed();
  const away = { type: 'unreachable', label: 'l2', seen, reason: 'no-answer' } as const;
  commitOf(engine, told(engine, '11.0', [power('on'), away]));
  const known = { type: 'power-known', label: 'l1', seen, state: 'on' } as const;
  const anew = commitOf(engine, told(engine, '3', [known], { anew: true }));
  t.same(typesOf(anew), ['ObmdFollowed', 'ObmPowerChanged']);
  t.match(dataOf(anew, 'ObmPowerChanged'), [{ state: 'on', cause: 'first' }]);
  t.equal(engine.graph.get('observation', two), undefined);
  t.equal(positionOf(engine), '3');
});

t.test(
  'what a daemon knows already is learnt where nothing is known, and else no news',
  async (t) => {
    const engine = followed();
    const known = { type: 'power-known', label: 'l1', seen, state: 'off' } as const;
    commitOf(engine, told(engine, '11.0', [power('on', 'first')]));
    const late = commitOf(engine, told(engine, '12.0', [known, { ...known, label: 'l2' }]));
    t.match(dataOf(late, 'ObmPowerChanged'), [{ fqdn: two, state: 'off', cause: 'first' }]);
    t.match(engine.graph.must('observation', one), { power: { state: 'on' } });
  },
);

t.test(
  'what is known goes with the registration, and with a new name to the machine',
  async (t) => {
    const engine = followed();
    commitOf(engine, told(engine, '11.0', [power('on'), power('off', 'first', 'l2')]));
    commitOf(engine, nodeDown(one));
    commitOf(engine, { type: 'RenameHost', fqdn: one, to: 'n9.example' });
    t.match(engine.graph.must('observation', 'n9.example'), { power: { state: 'on' } });
    commitOf(engine, told(engine, '12.0', [power('off')]));
    t.match(engine.graph.must('observation', 'n9.example'), { power: { state: 'off' } });
    commitOf(engine, { type: 'UnregisterObm', fqdn: 'n9.example' });
    checkGraph(engine.graph);
    t.equal(engine.graph.count('observation'), 1);
    t.equal(positionOf(engine), '12.0', 'the daemon has another of ours');
    commitOf(engine, removeHost(two, true));
    checkGraph(engine.graph);
    t.equal(engine.graph.count('observation'), 0);
    t.equal(positionOf(engine), null, 'and now it has none');
    t.equal(submit(engine, told(engine, '13.0', [power('on')])).kind, 'unchanged');
  },
);
