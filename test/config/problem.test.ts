import t from 'tap';
import { didYouMean, formatPath, nearest, sortProblems } from '../../src/config/problem.ts';

t.test('paths read as people write them', async (t) => {
  t.equal(formatPath(['hosts', 2, 'roles', 0, 'name']), 'hosts[2].roles[0].name');
  t.equal(formatPath([0, 'processes']), '[0].processes');
  t.equal(formatPath(['vars', 'a b']), 'vars["a b"]');
  t.equal(formatPath([]), '');
});

t.test('a word is taken for a known one only if it is near', async (t) => {
  t.equal(nearest('multiplictiy', ['multiplicity', 'memory']), 'multiplicity');
  t.equal(nearest('stroage', ['ha', 'storage']), 'storage');
  t.equal(nearest('storage', ['ha', 'confd']), undefined);
  t.equal(nearest('ab', ['xy']), undefined);
  t.equal(nearest('clovis', ['ha', 'clovis-app']), 'clovis-app', 'or begins with it');
  t.equal(didYouMean('enc_ix', ['enc_id', 'enc_idx']), ' Did you mean "enc_id"?');
});

t.test('problems come by file, line and column', async (t) => {
  const at = (file: string, line: number, column: number) => ({
    file,
    line,
    column,
    path: '',
    message: '',
  });
  const sorted = sortProblems([at('b', 1, 1), at('a', 10, 1), at('a', 2, 5), at('a', 2, 1)]);
  t.same(
    sorted.map(({ file, line, column }) => `${file}:${line}:${column}`),
    ['a:2:1', 'a:2:5', 'a:10:1', 'b:1:1'],
  );
});
