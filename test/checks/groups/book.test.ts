/** Groups are found by name and source; what is unknown, illegal or in a circle is said. */

import t from 'tap';
import { GroupBook } from '../../../src/checks/groups/book.ts';
import { listingOfMap } from '../../../src/checks/groups/files.ts';
import type { GroupSource } from '../../../src/checks/groups/listing.ts';
import { MachineNames } from '../../../src/checks/groups/machine-names.ts';
import { schedulerGroups } from '../../../src/checks/groups/scheduler-groups.ts';
import { readGroupFile } from '../../../src/checks/groups/settings.ts';
import { foldNodeset, readNodeset } from '../../../src/nodeset/nodeset.ts';
import type { Groups } from '../../../src/nodeset/nodeset.ts';

const fixed = (name: string, groups: Readonly<Record<string, unknown>>): GroupSource => ({
  name,
  kind: 'groups',
  now: () => listingOfMap(groups),
});

const groupsOf = (sources: readonly GroupSource[], hosts: readonly string[] = []): Groups =>
  new GroupBook(sources, () => 0).resolver(new MachineNames(hosts));
const fold = (groups: Groups, nodeset: string): string =>
  foldNodeset(readNodeset(nodeset, { groups }));

const two = [
  fixed('first', { savio3: 'n[1-3]', both: 'a', all: 'n[1-3],a' }),
  fixed('second', { both: 'b', more: '@both,@savio3' }),
];

t.test('9: an unknown group is an error that says what was meant, never empty', async (t) => {
  const groups = groupsOf(two);
  const unknown = (nodeset: string, message: RegExp): void => {
    t.throws(() => fold(groups, nodeset), { name: 'UnknownGroupError', message }, nodeset);
  };
  unknown('@savoi3', /no group "@savoi3"\. Did you mean "@savio3"\?/);
  unknown('@first:savoi3', /Did you mean "@first:savio3"\?/);
  unknown('@secnd:both', /no source of groups "@secnd:"\. Did you mean "second"\?/);
  unknown('n1,@nosuch', /no group "@nosuch"/);
  unknown('@constructor', /no group/);
});

t.test('case 25: an unknown `all` of a source suggests its star', async (t) => {
  const groups = groupsOf(two);
  t.throws(() => fold(groups, '@second:all'), { message: /Did you mean "@second:\*"\?/ });
  t.equal(fold(groups, '@first:all'), 'a,n[1-3]', 'where there is one it is meant');
  t.equal(fold(groups, '@second:*'), 'b,n[1-3]');
});

t.test('case 25: an illegal name is a warning, and the others work', async (t) => {
  const source = fixed('odd', { 'a b': 'n1', '@x': 'n2', 'n[1-2]': 'n3', good: 'n4', ü: 'n5' });
  const { warnings, groups } = source.now!();
  t.equal(warnings.length, 4);
  t.match(warnings[0], /"a b" is no name of a group/);
  t.same([...groups.keys()], ['good']);
  t.equal(fold(groupsOf([source]), '@good'), 'n4');
});

t.test('the first source that has a group wins; inside a group its own source does', async (t) => {
  const groups = groupsOf(two);
  t.equal(fold(groups, '@both'), 'a');
  t.equal(fold(groups, '@second:both'), 'b');
  t.equal(fold(groups, '@more'), 'b,n[1-3]');
});

t.test('groups that name each other are found, and named', async (t) => {
  const groups = groupsOf([
    fixed('x', { a: 'n1,@b', b: '@c', c: '@x:a', self: '@self', fine: 'n9', bad: 'n[1-' }),
  ]);
  t.throws(() => fold(groups, '@a'), { message: /circle: @x:a → @x:b → @x:c → @x:a/ });
  t.throws(() => fold(groups, '@self'), { message: /circle: @x:self → @x:self/ });
  t.throws(() => fold(groups, '@bad'), { name: 'NodesetError' });
  t.equal(fold(groups, '@fine'), 'n9');
});

t.test('names of groups are those of machines where they mean one', async (t) => {
  const hosts = ['n1.site', 'n2.site', 'x.a', 'x.b'];
  const groups = groupsOf([fixed('s', { g: 'n[1-3],x' })], hosts);
  t.equal(fold(groups, '@g'), 'n3,n[1-2].site,x');
});

t.test(
  'what a scheduler knows are groups: partitions, states, flags, and what has a problem',
  async (t) => {
    const row = { state: 'idle', reason: '', reasonUser: null, reasonAt: null, jobs: null };
    const listing = schedulerGroups([
      { ...row, node: 'n1', flags: [], partitions: ['main', 'savio2/htc'] },
      { ...row, node: 'n2', flags: ['DRAIN'], partitions: ['main'], reason: 'disk' },
    ]);
    const groups = groupsOf([{ name: 'slurm', kind: 'slurm', now: () => listing }]);
    t.equal(fold(groups, '@main'), 'n[1-2]');
    t.equal(fold(groups, '@slurm:savio2/htc'), 'n1');
    t.equal(fold(groups, '@state/idle&@flag/drain'), 'n2');
    t.equal(fold(groups, '@sinfo'), 'n2');
  },
);

t.test('a file of sources with mistakes is refused, with the line and what to write', async (t) => {
  const refused = (text: string, message: RegExp): void => {
    t.throws(() => readGroupFile({ name: 'g.yaml', text }), { name: 'GroupFileError', message });
  };
  refused('sources:\n  - {name: a, kind: genderz}\n', /g\.yaml:2:\d+: .*kind.*genders/);
  refused('sources:\n  - {name: a, kind: genders}\n', /needs "file"/);
  refused('sources:\n  - {name: a, kind: slurm, file: /x}\n', /has no "file"/);
  refused('sources:\n  - {name: facts, kind: slurm}\n', /Another source is called "facts"/);
  refused('source: []\n', /Unknown key "source".*sources/);
  refused('sources:\n  - {name: a, kind: genders, file: x}\n', /an absolute path/);
  t.same(readGroupFile({ name: 'g.yaml', text: '' }).sources, []);
});
