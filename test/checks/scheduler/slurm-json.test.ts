/** Nodes of Slurm's JSON, as 22.05 has it and as later versions do. */

import t from 'tap';
import { nodeTexts, readNode } from '../../../src/checks/scheduler/slurm-json.ts';

const rowsIn = (answer: object): readonly ReturnType<typeof readNode>[] =>
  [...nodeTexts(JSON.stringify(answer, null, 2))].map(readNode);

t.test('case 26: DRAIN is a flag beside the state, in every shape', async (t) => {
  const old = {
    meta: { plugin: { type: 'x' }, nodes: ['n'] },
    errors: [],
    nodes: [
      {
        ...{ name: 'n1', state: 'idle', state_flags: ['DRAIN'], reason: 'dead disk' },
        ...{ reason_changed_at: 1_795_254_222, reason_set_by_user: 'root', partitions: ['a', 'b'] },
      },
      { name: 'n2', state: 'down', state_flags: ['NOT_RESPONDING'], reason: 'Not responding' },
    ],
  };
  const recent = {
    nodes: [
      {
        ...{ name: 'n1', state: ['IDLE', 'DRAIN'], reason: 'dead disk', partitions: ['a', 'b'] },
        reason_changed_at: { set: true, infinite: false, number: 1_795_254_222 },
        reason_set_by_user: 'root',
      },
      {
        ...{ name: 'n2', state: ['DOWN', 'NOT_RESPONDING'], reason: 'Not responding' },
        reason_changed_at: { set: false, infinite: false, number: 0 },
      },
    ],
    last_update: { set: true, infinite: false, number: 1 },
    meta: {},
  };
  for (const answer of [old, recent])
    t.same(rowsIn(answer), [
      {
        ...{ node: 'n1', state: 'idle', flags: ['DRAIN'], reason: 'dead disk', reasonUser: 'root' },
        ...{ reasonAt: 1_795_254_222_000, partitions: ['a', 'b'], jobs: null },
      },
      {
        ...{ node: 'n2', state: 'down', flags: ['NOT_RESPONDING'], reason: 'Not responding' },
        ...{ reasonUser: null, reasonAt: null, partitions: [], jobs: null },
      },
    ]);
});

t.test('nodes are taken whatever stands in their texts', async (t) => {
  const reason = 'a "quoted\\" ]} [{ \u0000 "nodes": [ {';
  const rows = rowsIn({ nodes: [{ name: 'n1', comment: '}]{["', reason }, { name: 'arod' }] });
  t.match(rows, [
    { node: 'n1', reason },
    { node: 'arod', state: 'unknown' },
  ]);
  t.same(rowsIn({ nodes: [] }), []);
});

t.test('what is no answer of Slurm is an error, never an empty cluster', async (t) => {
  for (const text of ['', 'null', '{}', '{"nodes": [{"name": "n1"}', '{"sinfo": []}', '"nodes"'])
    t.throws(() => [...nodeTexts(text)], { name: 'ProgramError' }, text);
  t.throws(() => readNode('{"name": ""}'), { name: 'ProgramError' });
  t.throws(() => readNode('{oops}'), { name: 'ProgramError' });
});
