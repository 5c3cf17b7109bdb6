/** Tables, text and the status tree, as people see them. */

import fc from 'fast-check';
import t from 'tap';
import type { Recovery, Status } from '../../src/client/types.ts';
import { coloured, paletteFor, plain } from '../../src/cli/output/colour.ts';
import { statusTree } from '../../src/cli/output/status-tree.ts';
import { formatFields, formatTable } from '../../src/cli/output/table.ts';
import type { Column } from '../../src/cli/output/table.ts';
import {
  briefly,
  counted,
  formatJson,
  jsonLine,
  printable,
  printableLines,
  PrintableLines,
  shorten,
  widthOf,
} from '../../src/cli/output/text.ts';

interface Row {
  readonly name: string;
  readonly count: number;
  readonly note: string;
}
const columns: readonly Column<Row>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'COUNT', value: ({ count }) => String(count), align: 'right' },
  { title: 'NOTE', value: ({ note }) => note, yields: 1 },
];
const rows: readonly Row[] = [
  { name: 'a', count: 7, note: 'something that is rather long' },
  { name: 'longer', count: 1000, note: '' },
];

t.test('columns are as wide as their widest cell, numbers stand right', async (t) => {
  t.same(formatTable(columns, rows), [
    'NAME    COUNT  NOTE',
    'a           7  something that is rather long',
    'longer   1000',
  ]);
});

t.test('on a narrow terminal the column that yields is shortened with an ellipsis', async (t) => {
  t.same(formatTable(columns, rows, 30), [
    'NAME    COUNT  NOTE',
    'a           7  something that…',
    'longer   1000',
  ]);
});

t.test('columns that matter are never shortened, however narrow the terminal', async (t) => {
  t.same(formatTable(columns, rows, 5)[1], 'a           7  somethi…');
});

t.test('a table without rows has its titles', async (t) => {
  t.same(formatTable(columns, []), ['NAME  COUNT  NOTE']);
});

t.test('no line is wider than the terminal when enough can yield', async () => {
  const row = fc.record({
    name: fc.string({ maxLength: 8 }),
    count: fc.nat({ max: 99_999 }),
    note: fc.string({ maxLength: 200, unit: 'grapheme' }),
  });
  fc.assert(
    fc.property(fc.array(row), fc.integer({ min: 80, max: 200 }), (many, width) =>
      formatTable(columns, many, width).every((line) => widthOf(line) <= width),
    ),
  );
});

t.test('text that comes in pieces is made printable wherever it is cut', async (t) => {
  const bytes = Buffer.from('ä\u009b2J\r\n€ 😀\rb\u2028\r\n\r');
  const whole = 'ä\\u009b2J\n€ 😀\\u000db\\u2028\n\\u000d';
  for (let first = 0; first <= bytes.length; first += 1)
    for (let second = first; second <= bytes.length; second += 1) {
      const lines = new PrintableLines();
      const cut = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
      const text = cut.map((piece) => lines.take(piece)).join('') + lines.end();
      if (text !== whole) t.fail(`cut at ${first} and ${second}: ${JSON.stringify(text)}`);
    }
  t.pass();
});

t.test('what came over the network cannot drive the terminal', async (t) => {
  t.equal(printable('a\u001b[2Jb\r\nc\u009b31m'), 'a\\u001b[2Jb\\u000d\\u000ac\\u009b31m');
  t.equal(printable('right\u202eleft'), 'right\\u202eleft');
  t.equal(printable('Köln 東京 😀'), 'Köln 東京 😀');
  t.equal(printable('a\ud83db\u200ec\u061cd\u2029e'), 'a\\ud83db\\u200ec\\u061cd\\u2029e');
  t.equal(printableLines('a\tb\nc\u0085d\r'), 'a\tb\nc\\u0085d\\u000d');
  t.equal(formatJson({ a: '\u009b1m\u2028' }), '{\n  "a": "\\u009b1m\\u2028"\n}\n');
  t.equal(jsonLine(['\u202e\n']), '["\\u202e\\n"]');
  const [, line = ''] = formatTable(columns, [{ name: '\u001b[31m', count: 1, note: '\u0007' }]);
  t.notMatch(line, /[\u0000-\u001f]/);
});

t.test('texts are shortened to a width, counts have their plural', async (t) => {
  t.equal(shorten('abcdef', 6), 'abcdef');
  t.equal(shorten('abcdef', 5), 'abcd…');
  t.same(
    [0, 1, 2].map((count) => counted(count, 'process')),
    ['0 processes', '1 process', '2 processes'],
  );
  t.equal(counted(2, 'host'), '2 hosts');
});

t.test('the data of an event fits on a line', async (t) => {
  t.equal(
    briefly({
      fqdn: 'n1',
      empty: '',
      list: [1, 2],
      none: [],
      ports: { A: 1 },
      deep: { a: { b: 1 } },
      many: { a: 1, b: 2, c: 3, d: 4, e: 5 },
      text: 'one\ntwo\n',
      nothing: null,
    }),
    'fqdn=n1 empty="" list=[2] none=[] ports={A=1} deep={a={…}} many={…} text={2 lines} nothing=null',
  );
});

t.test('fields without a value are left out', async (t) => {
  t.same(
    formatFields([
      ['name', 'x'],
      ['missing', undefined],
      ['long name', 'y'],
    ]),
    ['name       x', 'long name  y'],
  );
});

t.test('colours are for terminals that want them', async (t) => {
  t.equal(paletteFor(true, { TERM: 'xterm' }), coloured);
  t.equal(paletteFor(false, { TERM: 'xterm' }), plain);
  t.equal(paletteFor(true, { TERM: 'xterm', NO_COLOR: '1' }), plain);
  t.equal(paletteFor(true, { TERM: 'xterm', NO_COLOR: '' }), coloured);
  t.equal(paletteFor(true, { TERM: 'dumb' }), plain);
});

const service = (key: number, state: string): object => ({
  fid: `0x7300000000000001:0x${key.toString(16)}`,
  type: 'RMS',
  state,
});
const states = 'unknown offline starting online quiescing stopping failed inhibited'.split(' ');
const status = {
  revision: 42,
  at: Date.UTC(2026, 10, 21, 10, 0, 0, 999),
  cluster: 'mero',
  profile: { fid: '0x7000000000000001:0x1', name: 'default' },
  pools: [{ fid: '0x6f00000000000001:0x2', name: 'tier1' }],
  counts: { hosts: { up: 1, down: 0, unknown: 1 }, processes: { online: 1, failed: 7 } },
  hosts: [
    {
      fqdn: 'n1.example',
      state: 'up',
      reason: '',
      since: 0,
      node: '0x6e00000000000001:0x9',
      problem: '',
      missing: [],
      processes: states.map((state, index) => ({
        fid: `0x7200000000000001:0x${(16 + 2 * index).toString(16)}`,
        name: 's3server',
        role: 's3server',
        ownership: index === 0 ? 'independent' : 'managed',
        endpoint: `10.0.0.1@tcp:12345:41:${300 + index}`,
        state,
        reason: state === 'failed' ? 'lost its\nmount' : '',
        services: [service(17 + 2 * index, state)],
      })),
    },
    {
      fqdn: 'n2.example',
      state: 'unknown',
      reason: '',
      since: 0,
      node: null,
      problem: 'role "s3server" waits for the agent',
      missing: [],
      processes: [],
    },
  ],
} as unknown as Status;

t.test('a host that is down says since when, and how far its recovery is', async (t) => {
  const down = (recovery: Recovery): string => {
    const { hosts } = status;
    const host = {
      ...hosts[1]!,
      state: 'down',
      reason: 'no heartbeat',
      since: 0,
      recovery,
    } as const;
    return [...statusTree({ ...status, hosts: [host] }, plain)].join('\n');
  };
  const recovery = {
    attempts: 2,
    attempts_max: 5,
    next: 60_000,
    given_up: false,
    doing: null,
    last: '',
    held: '',
  };
  t.match(down(recovery), 'Extended state: no heartbeat, down since 1970-01-01T00:00:00Z\n');
  t.match(down(recovery), 'Recovery: 2 of 5 attempts made, the next at 1970-01-01T00:01:00Z');
  t.match(
    down({ ...recovery, attempts: 1, attempts_max: null }),
    'Recovery: 1 attempt made, the next',
  );
  t.match(
    down({ ...recovery, doing: 'ssh', last: 'failed: no route', held: '3 of 5 hosts are down' }),
    '01:00Z; ssh is being tried; failed: no route; held back: 3 of 5 hosts are down',
  );
  t.match(
    down({ ...recovery, attempts: 5, next: null, given_up: true }),
    'Recovery: given up after 5 attempts, until its agent reports',
  );
});

t.test('the status tree reads like this', async (t) => {
  t.matchOnly(
    [...statusTree(status, plain)].slice(0, 11).join('\n'),
    `Cluster mero, revision 42, 2026-11-21T10:00:00Z
  profile:    0x7000000000000001:0x1 "default"
  pool:       0x6f00000000000001:0x2 "tier1"
  hosts:      2 (1 up, 1 unknown)
  processes:  8 (1 online, 7 failed)

Hosts:
  [        up ] 0x6e00000000000001:0x9   n1.example
  [   unknown ] 0x7200000000000001:0x10    10.0.0.1@tcp:12345:41:300 s3server (independent)
  [   unknown ] 0x7300000000000001:0x11      RMS
  [   offline ] 0x7200000000000001:0x12    10.0.0.1@tcp:12345:41:301 s3server`,
  );
  t.match(
    [...statusTree(status, plain)].join('\n'),
    `  [   unknown ] -                        n2.example
                Waiting: role "s3server" waits for the agent`,
  );
  t.match([...statusTree(status, plain)].join('\n'), 'Extended state: lost its\\u000amount');
});

t.test(
  'every line of the tree has its state and fid in the same words, whatever the state',
  async (t) => {
    const lines = [...statusTree(status, plain)].filter((line) => line.startsWith('  ['));
    t.equal(lines.length, 18);
    const seen = new Set<string>();
    for (const line of lines) {
      const [open, state = '', close, fid = ''] = line.trim().split(/\s+/);
      t.same([open, close], ['[', ']'], line);
      t.match(fid, /^(0x6e|0x72|0x73|-$)/, line);
      t.equal(line.indexOf(']'), 14, line);
      seen.add(state);
    }
    t.ok(states.every((state) => seen.has(state)));
  },
);
