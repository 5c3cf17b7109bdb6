/** Saved text of sinfo is read whole, and what is none of it is told by its line. */

import t from 'tap';
import { isProblem, joinRows } from '../../../src/checks/scheduler/row.ts';
import { readShortState, shortState } from '../../../src/checks/scheduler/slurm-states.ts';
import { readSinfoText } from '../../../src/checks/scheduler/sinfo-text.ts';

const line = (node: string, state: string, reason: string): string =>
  `${node.padEnd(14)} ${state.padEnd(6)} 2019-11-26T08:00:00 root      ${reason}`;

t.test('1: thirty-six rows with a header are thirty-six nodes, by state', async (t) => {
  const states = [
    ...Array.from({ length: 2 }, () => 'down'),
    ...Array.from({ length: 14 }, () => 'down*'),
    ...Array.from({ length: 15 }, () => 'drain'),
    ...Array.from({ length: 4 }, () => 'drain*'),
    'drng',
  ];
  const reasons = ['Not responding', 'HW: disk sda dead, see INC0661212', 'vnfs testing (nick)'];
  const text = [
    'NODELIST       STATE  TIMESTAMP           USER      REASON',
    ...states.map((state, i) => line(`n${1000 + i}.savio2`, state, reasons[i % 3]!)),
  ].join('\n');
  const { rows, problems } = readSinfoText(`${text}\n`);
  t.same(problems, []);
  t.equal(rows.length, 36);
  t.same(rows.map(shortState), states);
  t.same(
    rows.map(({ reason }) => reason),
    states.map((_, i) => reasons[i % 3]),
  );
  t.ok(rows.every(isProblem));
  t.notOk(rows.some(({ node }) => node === 'NODELIST'));
  t.equal(rows[0]!.reasonAt, Date.parse('2019-11-26T08:00:00'));
});

t.test('2: a node that is printed twice, for two partitions, is one', async (t) => {
  const text = [line('n1', 'drain', 'x y'), line('n2', 'down', 'z'), line('n1', 'drain', 'x y')];
  t.same(
    readSinfoText(text.join('\n')).rows.map(({ node }) => node),
    ['n1', 'n2'],
  );
  const byPartition = 'NODELIST NODES PARTITION STATE\nn1 1 main* drng@\nn1 1 all drng@\n';
  t.match(readSinfoText(byPartition).rows, [
    { node: 'n1', partitions: ['main', 'all'], flags: ['DRAIN', 'REBOOT_REQUESTED'] },
  ]);
});

t.test(
  '4: a reason that was cut within a letter is read, marked, and made whole later',
  async (t) => {
    const bytes = Buffer.concat([
      Buffer.from(
        'REASON               USER      TIMESTAMP           NODELIST\naaaaaaaaaaaaaaaaaaa',
      ),
      Buffer.from('é').subarray(0, 1),
      Buffer.from(' root      2026-11-21T09:43:42 n0004.t1,n0005.t1\n'),
    ]);
    const { rows, problems } = readSinfoText(bytes.toString('utf8'));
    t.same(problems, []);
    t.match(rows, [{ node: 'n0004.t1' }, { node: 'n0005.t1' }]);
    const [cut] = rows;
    t.match(cut, { reason: 'aaaaaaaaaaaaaaaaaaa\uFFFD', truncated: true });
    const { truncated: _, ...rest } = cut!;
    const whole = { ...rest, reason: 'aaaaaaaaaaaaaaaaaaaé cut there' };
    t.match(joinRows(cut!, whole), { reason: whole.reason, truncated: undefined });
    t.match(joinRows(whole, cut!), { reason: whole.reason, truncated: undefined });
    const other = { ...whole, reason: 'something else' };
    t.match(joinRows(cut!, other), { reason: cut!.reason, truncated: true });
    t.notOk(readSinfoText('Not responding root 2026-11-21T09:43:42 n1').rows[0]!.truncated);
  },
);

t.test('5: names of any form are nodes, and lines that are none are told by number', async (t) => {
  const text = [
    'NODELIST STATE TIMESTAMP USER REASON',
    line('0154.savio2', 'down*', 'Not responding'),
    line('n', 'drain', 'x'),
    '',
    'two',
    line('gpu-a100-03', 'idle', 'none'),
    line('R1U2', 'mix-', ''),
    line('n[3-1]', 'down', 'backwards'),
    line('constructor', 'down', '"; rm -rf / #'),
  ].join('\n');
  const { rows, problems } = readSinfoText(text);
  t.same(
    rows.map(({ node }) => node),
    ['0154.savio2', 'n', 'gpu-a100-03', 'R1U2', 'constructor'],
  );
  t.match(problems, [
    { line: 5, message: /no line of sinfo/ },
    { line: 8, message: /backwards/ },
  ]);
  t.equal(rows[2]!.reason, '', 'none is no reason');
  t.equal(rows[4]!.reason, '"; rm -rf / #');
});

t.test('6: a list of nodes that was wrapped is one reason for all of them', async (t) => {
  const text =
    'n0035.savio2,\nn0087.savio2,\nn0091.savio2 Not responding\nn0099.savio2 dead disk\n';
  t.match(readSinfoText(text).rows, [
    { node: 'n0035.savio2', reason: 'Not responding' },
    { node: 'n0087.savio2', reason: 'Not responding' },
    { node: 'n0091.savio2', reason: 'Not responding' },
    { node: 'n0099.savio2', reason: 'dead disk' },
  ]);
});

t.test('words of sinfo are read and written again as they were', async (t) => {
  const words =
    'idle idle* alloc mix down down* drain drain* drng drng@ boot^ fail* unk unk* comp maint resv plnd idle~ idle# idle% idle! alloc$'.split(
      ' ',
    );
  for (const word of words) {
    const state = readShortState(word);
    t.ok(state, word);
    t.equal(shortState(state!), word === 'boot^' ? 'boot' : word);
  }
  t.equal(readShortState('nonsense'), undefined);
  t.equal(readShortState('constructor'), undefined);
});
