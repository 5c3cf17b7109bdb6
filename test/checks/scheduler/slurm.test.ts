/** What a real Slurm says of nodes, by its own programs. */

import t from 'tap';
import { shortState } from '../../../src/checks/scheduler/slurm-states.ts';
import type { SchedulerRow } from '../../../src/checks/scheduler/row.ts';
import { readScontrolText } from '../../../src/checks/scheduler/scontrol-text.ts';
import { readSinfoText } from '../../../src/checks/scheduler/sinfo-text.ts';
import { Slurm } from '../../../src/checks/scheduler/slurm.ts';
import { RealSlurm } from './real-slurm.ts';

const slurm = await RealSlurm.start({ up: ['n0001.t1', 'gpu-a'], silent: ['n0009.t1'] });
t.teardown(() => slurm.stop());
const never = new AbortController().signal;
const ask = async (limitSeconds = 30): Promise<readonly SchedulerRow[]> =>
  (await new Slurm({ conf: slurm.conf, limitSeconds }).ask(never)).rows;

const reason = `HW: "quoted"; \`back\` $HOME && # | pipe\ttab é`;

t.before(() => {
  slurm.ask('scontrol', 'update', 'NodeName=gpu-a', 'State=DRAIN', `Reason=${reason}`);
});

t.test('case 26: a drained node is idle with a flag, and its reason is whole', async (t) => {
  const rows = new Map((await ask()).map((row) => [row.node, row]));
  t.same([...rows.keys()].toSorted(), ['gpu-a', 'n0001.t1', 'n0009.t1']);
  t.match(rows.get('gpu-a'), {
    state: 'idle',
    flags: ['DRAIN'],
    reason,
    reasonUser: 'root',
    partitions: ['main', 'all'],
    jobs: 0,
  });
  const { reasonAt } = rows.get('gpu-a')!;
  t.ok(Math.abs(reasonAt! - Date.now()) < 120_000, 'given a moment ago');
  t.equal(shortState(rows.get('gpu-a')!), 'drain');
  t.match(rows.get('n0001.t1'), { state: 'idle', flags: [], reason: '', reasonUser: null });
  t.match(rows.get('n0009.t1'), { partitions: ['all'] });
});

t.test('case 26: the text of scontrol and the words of sinfo say the same', async (t) => {
  const text = readScontrolText(slurm.ask('scontrol', 'show', 'nodes'));
  const rows = await ask();
  const known = ({ node, state, flags, reason, partitions }: SchedulerRow): object => ({
    ...{ node, state, flags, reason, partitions },
  });
  const byNode = (a: SchedulerRow, b: SchedulerRow): number => (a.node < b.node ? -1 : 1);
  t.same(text.toSorted(byNode).map(known), rows.toSorted(byNode).map(known));
  for (const row of rows) {
    const [said] = slurm.ask('sinfo', '-h', '-n', row.node, '-o', '%t').trim().split('\n');
    t.equal(shortState(row), said, row.node);
  }
});

t.test('2: what sinfo prints twice, for two partitions, is one node', async (t) => {
  const saved = slurm.ask('sinfo', '-N', '-R', '-S', '%E', '--format=%N %6t %19H %9u %E');
  t.equal(saved.match(/gpu-a/g)?.length, 2);
  const { rows, problems } = readSinfoText(saved);
  t.same(problems, []);
  t.match(rows, [{ node: 'gpu-a', state: 'idle', flags: ['DRAIN'], reason, reasonUser: 'root' }]);
  const all = readSinfoText(slurm.ask('sinfo', '-N')).rows;
  const { partitions = [] } = all.find(({ node }) => node === 'gpu-a') ?? {};
  t.same(partitions.toSorted(), ['all', 'main'], 'in whichever order they are printed');
});

t.test('7: a controller that hangs costs its limit, and the error says so', async (t) => {
  slurm.hang();
  // Slurm itself would have said something else after ten seconds.
  await t.rejects(ask(1), { name: 'ProgramError', message: /did not answer within 1 s/ });
  slurm.goOn();
});
