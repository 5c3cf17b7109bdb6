/**
 * Folding and expanding 10,000 names, and gathering 20,000 lines that nodes said, beside ClusterShell's nodeset and
 * clubak and pdsh's dshbak. Those are programs: their figures have the start of one in them, which is shown too. What has
 * a limit of its own is measured as the time of the thread, which others that use the machine do not lengthen.
 */

import { spawnSync } from 'node:child_process';
import { expandNodeset, foldNodeset, gatheredLines } from '../../src/nodeset/nodeset.ts';
import { gatherOutputs, readLabelledLines } from '../../src/nodeset/nodeset.ts';
import { median, report } from './report.ts';

const rounds = 9;
const short = 'n[00000-09999].c1';
const names = expandNodeset(short);
const grid = expandNodeset('r[0-99]n[0-99]').filter((name) => name !== 'r50n50');
const lines = names
  .flatMap((name, i) => [
    `${name}: ${i % 1000 === 0 ? `DEVIANT ${i}` : 'Linux ok'}`,
    `${name}: line two`,
  ])
  .join('\n');

/** By the clock, and of the thread, ms. */
const own = (work: () => unknown): { readonly clock: number; readonly thread: number } => {
  const all = Array.from({ length: rounds }, () => {
    const started = performance.now();
    const before = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(before);
    return { clock: performance.now() - started, thread: (user + system) / 1000 };
  });
  return {
    clock: median(all.map(({ clock }) => clock)),
    thread: median(all.map((one) => one.thread)),
  };
};

const program = (command: string, args: readonly string[], input: string): number =>
  median(
    Array.from({ length: 3 }, () => {
      const started = performance.now();
      const { status, stderr } = spawnSync(command, args, { input, maxBuffer: 1 << 26 });
      if (status !== 0) throw new Error(`${command}: ${String(stderr)}`);
      return performance.now() - started;
    }),
  );

const folding = own(() => foldNodeset(names));
const expanding = own(() => expandNodeset(short));
const gathering = own(() => gatheredLines(gatherOutputs(readLabelledLines(lines).outputs)));

report('nodeset', [
  {
    name: 'fold 10,000 names',
    value: folding.clock,
    unit: 'ms',
    limit: { name: 'nodeset -f, ms', value: program('nodeset', ['-f'], names.join('\n')) },
  },
  {
    name: 'fold 10,000 names, thread',
    value: folding.thread,
    unit: 'ms',
    limit: { name: 'allowed, ms', value: 20 },
    target: { atMost: 1 },
  },
  {
    name: 'expand 10,000 names',
    value: expanding.clock,
    unit: 'ms',
    limit: { name: 'nodeset -e, ms', value: program('nodeset', ['-e', short], '') },
  },
  {
    name: 'expand 10,000 names, thread',
    value: expanding.thread,
    unit: 'ms',
    limit: { name: 'allowed, ms', value: 20 },
    target: { atMost: 1 },
  },
  {
    name: 'fold 9,999 names in two dimensions',
    value: own(() => foldNodeset(grid)).clock,
    unit: 'ms',
    limit: { name: 'nodeset -f, ms', value: program('nodeset', ['-f'], grid.join('\n')) },
  },
  {
    name: 'gather 20,000 lines',
    value: gathering.clock,
    unit: 'ms',
    limit: { name: 'dshbak -c, ms', value: program('dshbak', ['-c'], lines) },
  },
  {
    name: 'gather 20,000 lines',
    value: gathering.clock,
    unit: 'ms',
    limit: { name: 'clubak -b, ms', value: program('clubak', ['-b'], lines) },
  },
  {
    name: 'gather 20,000 lines, thread',
    value: gathering.thread,
    unit: 'ms',
    limit: { name: 'allowed, ms', value: 60 },
    target: { atMost: 1 },
  },
  {
    name: 'start of a program that does next to nothing',
    value: program('nodeset', ['-c', 'n1'], ''),
    unit: 'ms',
  },
]);
