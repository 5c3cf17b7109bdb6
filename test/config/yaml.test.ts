import t from 'tap';
import { readYaml } from '../../src/config/yaml.ts';

t.test('values and keys are found where they stand', async (t) => {
  const yaml = readYaml('f', 'a:\n  - b: 1\n    c: [x, y]\n', { firstLine: 10 });
  t.same(yaml.value, { a: [{ b: 1, c: ['x', 'y'] }] });
  t.same(yaml.at(['a', 0, 'b']), { line: 11, column: 8 });
  t.same(yaml.atKey(['a', 0, 'b']), { line: 11, column: 5 });
  t.same(yaml.at(['a', 0, 'c', 1]), { line: 12, column: 12 });
  t.same(yaml.at(['a', 0, 'none', 'deeper']), { line: 11, column: 5 }, 'the nearest above');
});

t.test('an unquoted template is text', async (t) => {
  const yaml = readYaml('f', 'a: {{ multiplicity }}\nb: {{ x | default: 3 }}\nc: {d: {}}\n');
  t.same(yaml.problems, []);
  t.same(yaml.value, { a: '{{ multiplicity }}', b: '{{ x | default: 3 }}', c: { d: {} } });
});

const syntax = (text: string) =>
  readYaml('f', text).problems.map(({ line, column, path, message }) => [
    line,
    column,
    path,
    message,
  ]);

t.test('syntax errors say where', async (t) => {
  t.same(syntax('a: 1\nb:\n  c: 2\n  c: 3\n'), [[4, 3, 'b.c', 'This key is given twice.']]);
  t.same(syntax('a:\n\tb: 1\n'), [[2, 1, '', 'Tabs are not allowed as indentation; use spaces.']]);
  t.match(syntax('a: [1, 2\nb: 3\n')[0], [2]);
  t.same(syntax('a: 1\n---\nb: 2\n')[0]?.[3], 'The file holds more than one YAML document.');
  t.equal(syntax('a: "x\n')[0]?.[0], 2);
  t.match(syntax('a: *nope\n')[0]?.[3], /alias/i);
  t.match(syntax('a: c\\d\nb:\n  c\\d: 1\n'), [[3, 3, /.*/, 'A key may not hold a backslash.']]);
});

t.test('several syntax errors are reported at once', async (t) => {
  t.same(
    syntax('a: 1\na: 2\nb: 1\nb: 2\n').map(([line]) => line),
    [2, 4],
  );
});

t.test('a syntax error does not repeat the source, which may be a password', async (t) => {
  for (const text of [
    'p: "hunter2" hunter2\n',
    'p: hunter2: hunter2: x\n',
    'p: *hunter2\n',
    'p: [hunter2\n',
    '{p: }} hunter2\n',
    '%hunter2\n---\np: @hunter2\n',
  ]) {
    const found = syntax(text);
    t.ok(found.length > 0, text);
    t.notMatch(JSON.stringify(found.map(([, , , message]) => message)), /hunter2/, text);
  }
});

t.test('a few lines of aliases cannot grow into gigabytes', async (t) => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
  for (let i = 0; i < 9; i++) {
    const [from, to] = ['abcdefghij'[i], 'abcdefghij'[i + 1]];
    bomb.push(`${to}: &${to} [${Array(10).fill(`*${from}`).join(',')}]`);
  }
  t.match(syntax(bomb.join('\n'))[0]?.[3], /alias/i);
  t.match(syntax('a: &a\n  b: *a\n')[0]?.[3], /alias/i, 'nor without end');
});
