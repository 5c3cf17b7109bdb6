/** Groups from files, genders, YAML and ClusterShell's commands, beside what the real programs say. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { GroupBook } from '../../../src/checks/groups/book.ts';
import { MachineNames } from '../../../src/checks/groups/machine-names.ts';
import { readGroupFile, sourcesOf } from '../../../src/checks/groups/settings.ts';
import type { GroupSource } from '../../../src/checks/groups/listing.ts';
import { foldNodeset, readNodeset } from '../../../src/nodeset/nodeset.ts';
import { folderOf } from '../../folder.ts';

const never = new AbortController().signal;
const slurm = (name: string): GroupSource => ({
  name,
  kind: 'slurm',
  now: () => ({ groups: new Map(), warnings: [] }),
});

const bookOf = async (text: string): Promise<GroupBook> => {
  const settings = readGroupFile({ name: 'groups.yaml', text });
  const book = new GroupBook(sourcesOf(settings, slurm), Date.now);
  await book.refresh(never);
  return book;
};

const fold = (book: GroupBook, nodeset: string, hosts: readonly string[] = []): string =>
  foldNodeset(readNodeset(nodeset, { groups: book.resolver(new MachineNames(hosts)) }));

t.test('files of pdsh and dsh are groups, one a file', async (t) => {
  const folder = folderOf(t, {
    gpu: 'g1\ng2 # spare\n\n',
    mixed: 'n[1-3] n9\n@gpu\n',
    'bad name': 'n1',
    'old~': 'n7',
    'sub.dir': { x: 'n1' },
  });
  const book = await bookOf(`sources:\n  - {name: pdsh, kind: files, directory: ${folder}}\n`);
  const [source] = book.sources;
  t.same([...source!.listing.groups.keys()], ['gpu', 'mixed']);
  t.match(source, { error: null, warnings: undefined });
  t.match(source!.listing.warnings, [/"bad name" is no name of a group/]);
  t.equal(fold(book, '@mixed!g2'), 'g1,n[1-3,9]');
  t.equal(fold(book, '@pdsh:*'), 'g[1-2],n[1-3,9]');
});

t.test('genders mean what nodeattr says', async (t) => {
  const folder = folderOf(t, {
    genders: 'n[1-3] compute,rack=r1\nn[4-5]   compute,gpu\n# no\nlogin  mgmt,rack=r2\n',
  });
  const file = join(folder, 'genders');
  const book = await bookOf(`sources:\n  - {name: genders, kind: genders, file: ${file}}\n`);
  for (const attribute of ['compute', 'gpu', 'mgmt', 'rack=r1', 'rack=r2']) {
    const { stdout } = spawnSync('nodeattr', ['-f', file, '-c', attribute], { encoding: 'utf8' });
    t.not(stdout, '');
    t.equal(fold(book, `@${attribute}`), foldNodeset(stdout.trim().split(',')), attribute);
  }
  t.equal(fold(book, '@rack'), 'login,n[1-3]');
});

const groupsConf = `[Main]
default: local
autodir: $CFGDIR/none

[local]
map: sed -n 's/^$GROUP:\\(.*\\)/\\1/p' $CFGDIR/local.cfg
all: sed -n 's/^all:\\(.*\\)/\\1/p' \${CFGDIR}/local.cfg
list: sed -n 's/^\\([0-9A-Za-z_-]*\\):.*/\\1/p' $CFGDIR/local.cfg

[hung]
map: sleep 100
list: echo a; sleep 100

[nolist]
map: echo n1
`;

t.test('sources of groups.conf say what nodeset says of them', async (t) => {
  const folder = folderOf(t, {
    'groups.conf': groupsConf,
    'local.cfg': 'all: n[1-20]\ngpu: n[1-4]\nbig: n[3-9],@gpu\nempty:\n',
  });
  const file = join(folder, 'groups.conf');
  const book = await bookOf(
    `timeout: 60\nsources:\n  - {name: cs, kind: clustershell, file: ${file}}\n` +
      `  - {name: bare, kind: clustershell, file: ${file}, section: nolist}\n` +
      `  - {name: typo, kind: clustershell, file: ${file}, section: locla}\n`,
  );
  const args = ['--groupsconf', file, '-f'];
  for (const nodeset of ['@gpu', '@big', '@big!@gpu', '@*', '@*^@big', '@gpu&@big', '@local:gpu']) {
    const { stdout } = spawnSync('nodeset', [...args, nodeset], { encoding: 'utf8' });
    t.equal(fold(book, nodeset.replace('@local:', '@cs:')), stdout.trim(), nodeset);
  }
  t.equal(fold(book, '@cs:empty'), '', 'one that is empty is empty');
  const errors = new Map(book.sources.map(({ name, error }) => [name, error]));
  t.equal(errors.get('cs'), null);
  t.match(errors.get('bare'), /has no "list"/);
  t.match(errors.get('typo'), /no source "locla"\. Did you mean "local"\?/);
  const slow = await bookOf(
    `timeout: 1\nsources:\n  - {name: slow, kind: clustershell, file: ${file}, section: hung}\n`,
  );
  t.match(slow.sources, [{ name: 'slow', error: /did not answer within 1 s/ }]);
});

t.test('11: groups may have a slash, and YAML of ClusterShell has sources', async (t) => {
  const folder = folderOf(t, {
    'cluster.yaml':
      'roles:\n  savio2/htc: n[0292-0294]\n  web: [w1, "w[2-3]"]\n  one: 7\nracks:\n  r1: n1\n',
    'half.yaml': 'roles:\n  a: [n1\n',
  });
  const yaml = join(folder, 'cluster.yaml');
  const half = join(folder, 'half.yaml');
  const book = await bookOf(
    `sources:\n  - {name: roles, kind: yaml, file: ${yaml}, section: roles}\n` +
      `  - {name: any, kind: yaml, file: ${yaml}}\n  - {name: half, kind: yaml, file: ${half}}\n`,
  );
  t.equal(fold(book, '@savio2/htc&n0292'), 'n0292');
  t.equal(fold(book, '@roles:web,@one'), '7,w[1-3]');
  t.match(book.sources[1]!.error, /holds several sources \(roles, racks\)/);
  t.match(book.sources[2]!.error, /half.yaml:3:1: /);
});

t.test('a source that fails keeps what it said, with its age and what is wrong', async (t) => {
  const folder = folderOf(t, { genders: 'n1 gpu\n' });
  const file = join(folder, 'genders');
  const settings = readGroupFile({
    name: 'groups.yaml',
    text: `sources:\n  - {name: g, kind: genders, file: ${file}}\n`,
  });
  let now = 1000;
  const book = new GroupBook(sourcesOf(settings, slurm), () => now);
  t.match(book.sources, [{ readAt: null, error: null }]);
  await book.refresh(never);
  now = 5000;
  spawnSync('rm', [file]);
  await book.refresh(never);
  t.match(book.sources, [{ readAt: 1000, error: /ENOENT/ }]);
  t.equal(fold(book, '@gpu'), 'n1');
  writeFileSync(file, 'n2 gpu\n');
  await book.refresh(never);
  t.match(book.sources, [{ readAt: 5000, error: null }]);
  t.equal(fold(book, '@gpu'), 'n2');
});
