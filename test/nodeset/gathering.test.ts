/** What many nodes said, gathered as clubak and dshbak gather it. */

import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import t from 'tap';
import {
  expandNodeset,
  gatheredLines,
  gatherOutputs,
  inNodeOrder,
  readLabelledLines,
} from '../../src/nodeset/nodeset.ts';

t.test('33: a thousand that say the same and one that does not are two texts', async (t) => {
  const nodes = expandNodeset('n[0001-1001].savio3');
  const gathered = gatherOutputs(
    nodes.map(
      (node) => [node, node === 'n0500.savio3' ? 'DEVIANT' : 'Linux ok\nline two'] as const,
    ),
  );
  t.same(
    gathered.map(({ nodeset, nodes, output }) => [nodeset, nodes.length, output]),
    [
      ['n[0001-0499,0501-1001].savio3', 1000, 'Linux ok\nline two'],
      ['n0500.savio3', 1, 'DEVIANT'],
    ],
  );
  t.same(
    expandNodeset(gathered[0]!.nodeset),
    gathered[0]!.nodes,
    'and it is read again as they are',
  );
});

t.test('33: n1, n01 and n001 stay three nodes', async (t) => {
  const names = ['n1', 'n01', 'n001', 'n2', 'n02'];
  const [gathered] = gatherOutputs(names.map((name) => [name, 'same'] as const));
  t.equal(gathered?.nodeset, 'n[1-2,01-02,001]');
  t.same(expandNodeset(gathered!.nodeset).toSorted(), names.toSorted());
});

const gathered = (text: string): string => {
  const { outputs } = readLabelledLines(text);
  return gatheredLines(gatherOutputs(outputs)).join('\n');
};

const node = fc.constantFrom(...inNodeOrder(expandNodeset('n[1-12],r[1-2]n[1-3],login')));
const said = fc.constantFrom('ok', '', 'up 3 days', 'error: no such: thing');
const labelled = fc
  .array(fc.tuple(node, said), { minLength: 1, maxLength: 300, size: 'max' })
  .map((lines) => lines.map(([node, said]) => `${node}:${said}\n`).join(''));

/** Who said what, whatever the order: of sets of one size clubak has n11 before n7. */
const blocks = (shown: string): readonly string[] =>
  shown
    .trimEnd()
    .split(/^-+\n(?=.*\n-+$)/m)
    .map((block) => block.trimEnd())
    .toSorted();

t.test('33: outputs are gathered as clubak gathers them', async () => {
  fc.assert(
    fc.property(labelled, (text) => {
      const { stdout } = spawnSync('/usr/bin/clubak', ['-b'], { input: text, encoding: 'utf8' });
      return blocks(stdout).join('\n') === blocks(gathered(text)).join('\n');
    }),
    { seed: 33, numRuns: 4 },
  );
});

t.test('33: outputs are gathered as dshbak gathers them', async (t) => {
  const text = 'n1: a\nn3: a\nn2: b\nn4: a\n';
  const { stdout } = spawnSync('dshbak', ['-c'], { input: text, encoding: 'utf8' });
  const plain = (shown: string): readonly string[] =>
    shown.split('\n').filter((line) => line !== '' && !line.startsWith('--'));
  t.same(plain(stdout), ['n[1,3-4]', 'a', 'n2', 'b']);
  t.same(plain(gathered(text)), ['n[1,3-4] (3)', 'a', 'n2', 'b']);
});

t.test('lines that name no node are told by their number', async (t) => {
  const { outputs, unlabelled } = readLabelledLines('n1: a\nnothing\n\n: b\nn1: c\n');
  t.same([...outputs], [['n1', 'a\nc']]);
  t.same(unlabelled, [2, 4]);
});
