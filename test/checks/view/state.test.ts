/** What is known of a machine, in one word. */

import t from 'tap';
import type { MachineState } from '../../../src/checks/view/row.ts';
import { isFailing, severityOf } from '../../../src/checks/view/state.ts';
import { orderNamed } from '../../../src/checks/view/request.ts';
import { orderBy } from '../../../src/checks/view/sort.ts';
import { checks, now, row, seen } from './rows.ts';

type Found = ReturnType<typeof seen>;

const ladder: readonly (readonly [MachineState, string, readonly Found[]])[] = [
  ['up', 'its agent reports', []],
  ['up', '24: ping is blocked and ssh works', [seen('ping', 'fail'), seen('ssh', 'ok')]],
  ['ssh', 'nobody is let in', [seen('ssh', 'fail', { cause: 'auth-refused' })]],
  ['ssh', 'another key', [seen('ssh', 'fail', { cause: 'host-key-changed' }), seen('ping', 'ok')]],
  ['ping', 'only ping', [seen('ping', 'ok'), seen('ssh', 'fail', { cause: 'timeout' })]],
  ['ping', 'a refusal is a sign of life', [seen('ssh', 'fail', { cause: 'refused' })]],
  ['on', 'silent with power', [seen('power', 'ok', { value: 'on' }), seen('ssh', 'fail')]],
  ['off', 'no power', [seen('power', 'ok', { value: 'off' }), seen('ssh', 'fail')]],
  ['bmc', 'power unknown', [seen('ipmi', 'ok'), seen('ssh', 'fail')]],
  ['dark', 'nothing answers', [seen('ping', 'fail'), seen('ssh', 'fail', { cause: 'silent' })]],
  [
    'unknown',
    'its name is not known',
    [seen('ping', 'fail'), seen('ssh', 'unknown', { cause: 'dns' })],
  ],
  ['unknown', 'nothing was asked', []],
];

t.test('a machine is in the state of the highest rung that holds', async (t) => {
  for (const [state, why, found] of ladder)
    t.equal(
      row('n1', { host: why === 'its agent reports' ? 'up' : 'unknown' }, ...found).state,
      state,
      why,
    );
});

t.test('an agent that is silent is dark where nobody knows more, with its reason', async (t) => {
  const silent = { host: 'down', hostReason: 'no heartbeat for 15 s' };
  t.match(row('n1', silent), { state: 'dark', reason: 'no heartbeat for 15 s', verdict: 'fail' });
  t.match(row('n1', silent, seen('ssh', 'ok')), { state: 'up', reason: /^no agent/ });
});

t.test('24: what reaches a machine in another way is information, not a failure', async (t) => {
  t.match(row('n1', {}, seen('ping', 'fail'), seen('ssh', 'ok')), { verdict: 'ok', failing: [] });
});

t.test('what is unknown fails nothing, and maintenance excuses', async (t) => {
  const maintenance = { reason: 'fan', by: 'jw', since: now, until: null };
  t.equal(isFailing(row('n1')), false);
  t.equal(isFailing(row('n1', { host: 'down' })), true);
  t.equal(isFailing(row('n1', { host: 'down', maintenance })), false);
  t.equal(isFailing(row('n1', { host: 'up' }, seen('load', 'fail'))), true);
  t.equal(severityOf(row('n1', { host: 'up' })), 0);
});

t.test('problems come first, and names as people count', async (t) => {
  const rows = [
    ...['n10', 'n2', 'n1', 'n01'].map((name) => row(name, { host: 'up' })),
    row('n3', { host: 'up' }, seen('load', 'warn', { value: 3 })),
    row('n4', { host: 'down' }),
    row('n5', {}, seen('load', 'ok', { value: 20 })),
  ];
  const sorted = (keys?: string): string =>
    rows
      .toSorted(orderBy(orderNamed(keys, checks), now))
      .map(({ machine }) => machine)
      .join(' ');
  t.equal(sorted(), 'n4 n3 n5 n01 n1 n2 n10');
  t.equal(sorted('machine'), 'n01 n1 n2 n3 n4 n5 n10');
  t.equal(sorted('-machine'), 'n10 n5 n4 n3 n2 n1 n01');
  t.equal(sorted('-load,machine'), 'n5 n3 n01 n1 n2 n4 n10');
  t.throws(() => sorted('laod'), /no column "laod"; did you mean "load"/);
  t.throws(() => sorted('load,'), /empty place/);
});
