/** Filters: what passes, what is refused and where. */

import t from 'tap';
import { allColumns } from '../../../src/checks/view/columns.ts';
import { FilterError } from '../../../src/checks/view/filter-grammar.ts';
import { filterNamed } from '../../../src/checks/view/request.ts';
import { checks, now, row, seen } from './rows.ts';

const rows = [
  row('n1.savio3', { host: 'up', roles: ['storage'] }, seen('load', 'ok', { value: 0.5 })),
  row(
    'n2.savio3',
    {
      host: 'down',
      hostReason: 'silent',
      hostSince: now - 7_200_000,
      scheduler: {
        state: 'down*',
        reason: 'Not responding',
        by: 'slurm',
        since: now,
        partitions: ['htc'],
      },
    },
    seen('ssh', 'fail', { cause: 'timeout', text: 'no answer in 5 s' }),
    seen('ping', 'fail'),
  ),
  row(
    'n10.savio3',
    { maintenance: { reason: 'dead fan', by: 'jw', since: now, until: null } },
    seen('df/tmp', 'warn', { value: 2 ** 30 }),
    seen('load', 'warn', { value: 40 }),
    seen('memory', 'ok', { value: 0.91 }),
    seen('ssh', 'ok', { value: true }),
    seen('uptime', 'ok', { value: 600 }),
  ),
  row('constructor', {}, seen('ssh', 'unknown', { cause: 'dns', text: '=not found' })),
];

const groups = new Map([
  ['hw', new Set(['n2.savio3'])],
  ['slurm:htc', new Set(['n2.savio3'])],
]);

const passing = (filter: string): string =>
  rows
    .filter((one) =>
      filterNamed(filter, {
        columns: allColumns(checks),
        group: (name) => groups.get(name) ?? new Set(),
      })(one, now),
    )
    .map(({ machine }) => machine.split('.')[0])
    .join(' ');

const meanings: readonly (readonly [string, string])[] = [
  ['', 'n1 n2 n10 constructor'],
  ['ssh:down', 'n2'],
  ['ssh:up', 'n10'],
  ['check.ssh=down', 'n2'],
  ['not ssh:up', 'n1 n2 constructor'],
  ['ssh!=up', 'n1 n2 constructor'],
  ['ssh:none', 'n1'],
  ['ssh:unknown', 'constructor'],
  ['ssh:timeout', 'n2'],
  ['ssh.cause:dns', 'constructor'],
  ['ssh:down and scheduler.reason~"Not resp*" and not @hw', ''],
  ['ssh:down scheduler.reason~"not RESP*" @hw', 'n2'],
  ['ssh:down or ssh:up and load>30', 'n2 n10'],
  ['(ssh:down or ssh:up) and load>30', 'n10'],
  ['@slurm:htc', 'n2'],
  ['verdict=fail', 'n2'],
  ['state=up', 'n1 n10'],
  ['age>1h', 'n2'],
  ['age>=1h', 'n1 n2 n10 constructor'],
  ['age>1h30m', 'n2'],
  ['load>0.5', 'n10'],
  ['not load>0.5', 'n1 n2 constructor'],
  ['df/tmp<2GiB', 'n10'],
  ['memory.value>90%', 'n10'],
  ['uptime.value<1h', 'n10'],
  ['failing:load', 'n10'],
  ['roles=storage', 'n1'],
  ['machine:n[1-9].savio3', 'n1 n2'],
  ['machine:n1*', 'n1 n10'],
  ['name~constr', 'constructor'],
  ['maintenance:fan', 'n10'],
  ['"dead fan"', 'n10'],
  ['q:silent', 'n2'],
  ['!@hw !state:up', 'constructor'],
  ['not (state:up or @hw)', 'constructor'],
  ['partitions:htc', 'n2'],
];

t.test('a filter passes what it says', async (t) => {
  for (const [filter, expected] of meanings) t.equal(passing(filter), expected, filter);
});

const refusals: readonly (readonly [string, RegExp, number])[] = [
  ['shs:down', /no column "shs".*did you mean "ssh"/, 1],
  ['ssh:up and laod>3', /no column "laod".*did you mean "load"/, 12],
  ['ssh:', /nothing to compare/, 5],
  ['ssh:up and', /missing at its end/, 11],
  ['(ssh:up', /does not close/, 1],
  ['ssh:up)', /nothing opened it/, 7],
  ['"abc', /does not end/, 1],
  ['age>soon', /such as 90s/, 5],
  ['reason>3', /no amount/, 1],
  ['machine:n[3-1]', /backwards/, 9],
  [':up', /where a column/, 1],
  ['('.repeat(60), /deep/, 52],
  ['a '.repeat(201), /more than 200 terms/, 401],
  ['x'.repeat(5000), /longer than 4096/, 4097],
];

t.test('a wrong filter is refused at its character, with the word that was meant', async (t) => {
  for (const [filter, why, position] of refusals) {
    try {
      passing(filter);
      t.fail(filter);
    } catch (error) {
      t.ok(error instanceof FilterError, filter.slice(0, 30));
      t.match((error as FilterError).message, why);
      t.equal((error as FilterError).position, position, filter.slice(0, 30));
    }
  }
});

t.test('a pattern of many stars is no work for hours', async (t) => {
  const long = row('n1', { host: 'down', hostReason: 'a'.repeat(5000) });
  const test = filterNamed(`reason~"${'*a'.repeat(500)}*b"`, {
    columns: allColumns(checks),
    group: () => new Set(),
  });
  const before = process.cpuUsage();
  t.equal(test(long, now), false);
  t.ok(process.cpuUsage(before).user / 1000 < 2000);
});
