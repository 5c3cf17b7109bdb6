/** Sets that are written for Slurm are read by Slurm. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { foldNodeset, slurmNodeset } from '../../src/nodeset/nodeset.ts';

const folder = mkdtempSync(join(tmpdir(), 'halcyon-slurm-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const SLURM_CONF = join(folder, 'slurm.conf');
writeFileSync(
  SLURM_CONF,
  'ClusterName=test\nSlurmctldHost=localhost\nNodeName=n1\nPartitionName=all Nodes=n1\n',
);

const hostnames = (
  list: string,
): { readonly names: readonly string[]; readonly refused: boolean } => {
  const env = { PATH: process.env['PATH'], SLURM_CONF };
  const args = ['show', 'hostnames', list];
  const { stdout, stderr } = spawnSync('scontrol', args, { env, encoding: 'utf8' });
  return { names: stdout.trimEnd().split('\n'), refused: /Invalid hostlist/.test(stderr) };
};

t.test('a set for Slurm has its brackets at the end, or none', async (t) => {
  const dotted = ['n0001.t1', 'n0002.t1', 'n0003.t1'];
  t.equal(foldNodeset(dotted), 'n[0001-0003].t1');
  t.ok(hostnames('n[0001-0003].t1').refused, 'which Slurm does not take');
  t.equal(slurmNodeset(dotted), 'n0001.t1,n0002.t1,n0003.t1');
  t.equal(slurmNodeset(['n1', 'n2', 'n01', 'r1n1', 'r1n2', 'r2n1']), 'n[1-2,01],r1n[1-2],r2n1');
  t.equal(slurmNodeset(['n', 'n1', 'n2', '7']), '7,n,n[1-2]');
  t.equal(slurmNodeset([]), '');
});

const name = fc
  .tuple(
    fc.constantFrom('n', 'gpu-a', 'r1n', 'x'),
    fc.oneof(fc.constant(''), fc.constantFrom('1', '2', '3', '9', '10', '11', '01', '02', '010')),
    fc.constantFrom('', '', '.t1', '.t2', '-ib'),
  )
  .map((parts) => parts.join(''));

t.test('scontrol reads from such a set the names that it was made of', async () => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 30 }), (names) => {
      const read = hostnames(slurmNodeset(names));
      return read.names.toSorted().join() === names.toSorted().join();
    }),
    { seed: 34, numRuns: 30 },
  );
});
