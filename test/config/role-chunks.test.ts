import fc from 'fast-check';
import t from 'tap';
import { rolesFormat, splitRoles } from '../../src/config/role-chunks.ts';

const summary = (text: string) =>
  splitRoles(text).chunks.map(({ line, keys }) => [
    line,
    ...keys.map(({ name, value }) => `${name}=${value}`),
  ]);

t.test('roles are told apart by indentation, whatever stands in them', async (t) => {
  const text = [
    '# a comment',
    '---',
    '- name: "ha"   # the first',
    '  content:',
    '  - m0p_cores:',
    '{% for core in host_cores %}',
    '     - {{ core.value }}',
    '{% endfor %}',
    '',
    '# between',
    '-   content: []',
    "    name: 'confd'",
    '-',
    '  # own line',
    '  name: mds',
    '',
  ].join('\n');
  t.same(summary(text), [
    [3, 'name=ha', 'content='],
    [11, 'content=[]', 'name=confd'],
    [13, 'name=mds'],
  ]);
  t.equal(splitRoles(text).preamble, '# a comment\n---\n');
});

t.test('an indented list and CRLF line ends are split as well', async (t) => {
  t.same(summary('  - name: a\r\n    content:\r\n      - x\r\n  - name: b\r\n'), [
    [1, 'name=a', 'content='],
    [4, 'name=b'],
  ]);
});

t.test('the format is told from the keys of the roles', async (t) => {
  const format = (text: string) => rolesFormat(splitRoles(text));
  t.equal(format('- role: a\n  processes: []\n'), 'native');
  t.equal(format('- name: a\n  content: []\n'), 'halon');
  t.equal(format('- name: station\n  h_services: []\n'), 'node-roles');
  t.equal(format('- {name: a, content: [{m0p_endpoint: x}]}\n'), 'halon');
  t.equal(format(''), 'native');
});

t.test('preamble and chunks, joined, are the file', async () => {
  const line = fc.constantFrom(
    '- name: a',
    '  - name: b',
    '  content:',
    '   - x',
    '# c',
    '',
    '\t- t',
    '{% for a in b %}',
    '-',
    '-x',
    '---',
    'é',
  );
  const file = fc
    .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '')))
    .map((lines) => lines.flat().join(''));
  fc.assert(
    fc.property(fc.oneof(file, fc.string()), (text) => {
      const { preamble, chunks } = splitRoles(text);
      const joined = preamble + chunks.map((chunk) => chunk.text).join('');
      const placed = chunks.every((chunk) =>
        text.split('\n')[chunk.line - 1]?.trimStart().startsWith('-'),
      );
      return joined === text && placed;
    }),
  );
});
