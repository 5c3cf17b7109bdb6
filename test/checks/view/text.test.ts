/** The table as text, CSV and TSV: that it fits, and that what machines print does nothing. */

import fc from 'fast-check';
import t from 'tap';
import { delimited } from '../../../src/checks/view/delimited.ts';
import { columnsNamed, checksNamed } from '../../../src/checks/view/request.ts';
import { fleetTable } from '../../../src/checks/view/table.ts';
import { checks, fleets, now, row, seen } from './rows.ts';

const columns = columnsNamed(undefined, checksNamed('ssh,load', checks));
const usual = [
  row(
    'n1.savio3',
    { host: 'up' },
    seen('load', 'ok', { value: 0.5 }),
    seen('ssh', 'ok', { text: 'as root' }),
  ),
  row(
    'n2.savio3',
    { host: 'up' },
    seen('load', 'ok', { value: 0.5 }),
    seen('ssh', 'ok', { text: 'as root' }),
  ),
  row(
    'n3.savio3',
    { host: 'down', hostReason: 'no heartbeat for 15 s' },
    seen('ssh', 'fail', { text: 'no answer in 5 s', soft: true }),
  ),
];

t.test('columns go in the stated order until the table fits, and machines never', async (t) => {
  const at = (width?: number): readonly string[] =>
    fleetTable(columns, usual, { now, width, leavesEmptyOut: true }).lines;
  t.matchOnly(at()[0], /^MACHINE +STATE +SINCE +CHECKS +FAILING +REASON +LOAD +SSH$/);
  t.matchOnly(at()[3], /^n3\.savio3 +✗ dark +.*✗~ fail: no answer in 5 s$/);
  for (const width of [200, 120, 100, 80, 60, 40, 20])
    for (const line of at(width)) t.ok([...line].length <= width, `${width}: ${line}`);
  t.matchOnly(at(30)[1], /^n1\.savio3/);
  const { dropped } = fleetTable(columns, usual, { now, width: 60, leavesEmptyOut: true });
  t.same(
    dropped.map(({ drop }) => drop),
    dropped.map(({ drop }) => drop).sort((a, b) => b - a),
  );
});

t.test('what is alike stands there once, with the machines as a nodeset', async (t) => {
  const { lines } = fleetTable(columns, usual, { now, isFolded: true });
  t.equal(lines.length, 3);
  t.match(lines[1], /^n\[1-2\]\.savio3 \(2\) +✓ up/);
});

/** Everything that a terminal acts on, and that turns the direction of text. */
const active =
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

t.test('31: what machines print is inert in the table', async () => {
  fc.assert(
    fc.property(fleets, fc.integer({ min: 10, max: 200 }), (rows, width) => {
      const all = columnsNamed(undefined, checks);
      const { lines } = fleetTable(all, rows, { now, width });
      return lines.every((line) => !active.test(line)) && lines.length === rows.length + 1;
    }),
    { numRuns: 40 },
  );
});

/** A reader of CSV that knows nothing of how it is written. */
const readCsv = (text: string): string[][] => {
  const rows: string[][] = [[]];
  let [cell, isQuoted] = ['', false];
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i]!;
    if (isQuoted && character === '"' && text[i + 1] === '"') cell += text[++i]!;
    else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (character === ',' || character === '\r')) {
      rows.at(-1)!.push(cell);
      cell = '';
      if (character === '\r' && text[++i] === '\n') rows.push([]);
    } else cell += character;
  }
  return rows.slice(0, -1);
};

t.test('31: no cell of CSV or TSV is a formula, a control or another cell', async () => {
  const isHarmless = (cell: string): boolean =>
    !active.test(cell) && (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(cell) || !/^\s*[=+\-@]/.test(cell));
  fc.assert(
    fc.property(fleets, (rows) => {
      const all = columnsNamed(undefined, checks);
      const csv = readCsv([...delimited('csv', all, rows, now)].join(''));
      const tsv = [...delimited('tsv', all, rows, now)].map((line) =>
        line.slice(0, -1).split('\t'),
      );
      return [csv, tsv].every(
        (table) =>
          table.length === rows.length + 1 &&
          table.every((cells) => cells.length === all.length && cells.every(isHarmless)),
      );
    }),
    { numRuns: 40 },
  );
});

t.test('a wrong column or check is told with the one that was meant', async (t) => {
  t.throws(() => columnsNamed('machine,shs', checks), /no column "shs"; did you mean "ssh"/);
  t.throws(() => checksNamed('pnig', checks), /no check "pnig"; did you mean "ping"/);
  t.same(
    checksNamed('df', checks).map(({ id }) => id),
    ['df/scratch', 'df/tmp'],
  );
  t.same(
    checksNamed('df_tmp,ping', checks).map(({ id }) => id),
    ['df/tmp', 'ping'],
  );
});
