/** `halctl cluster`: the managed cluster as a whole. */

import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type {
  Done,
  DryRun,
  Dump,
  LoadBody,
  Loaded,
  OverrideBody,
  Status,
  VarList,
} from '../../client/types.ts';
import {
  changeOptions,
  fidOf,
  gather,
  isDryRun,
  readOptions,
  show,
  showChange,
  withChange,
  withExamples,
  withRead,
  withWork,
} from '../command.ts';
import type { ChangeFlags, ReadFlags } from '../command.ts';
import { writePrivately } from '../config.ts';
import { Failure } from '../exit-codes.ts';
import { problemLines } from '../explanation.ts';
import { formatTable } from '../output/table.ts';
import { counted } from '../output/text.ts';
import { askWhether } from '../prompt.ts';
import { connect } from '../session.ts';
import { printLines } from '../shell.ts';
import type { Shell } from '../shell.ts';
import { nodeCommands } from './node.ts';
import { orderCommand } from './orders.ts';
import { processCommands } from './process.ts';

const nothingLoaded =
  'No cluster is loaded yet. Load one with: halctl cluster load -f facts.yaml -r roles/';

export const clusterCommands = (program: Command, shell: Shell): void => {
  const cluster = program
    .command('cluster')
    .alias('mero')
    .description('the managed cluster: facts and roles, nodes, processes, status');
  loadCommand(cluster, shell);
  dumpCommand(cluster, shell);
  statusCommand(cluster, shell);
  orderCommand(
    cluster
      .command('start')
      .description('start all managed processes, level by level on every node'),
    shell,
    () => ({ verb: 'start', cluster: true }),
    ['halctl cluster start', 'halctl cluster start --no-wait'],
  );
  orderCommand(
    cluster
      .command('stop')
      .description('stop all managed processes; independent ones are left alone and named'),
    shell,
    () => ({ verb: 'stop', cluster: true }),
    ['halctl cluster stop'],
  );
  updateCommand(cluster, shell);
  nodeCommands(cluster, shell);
  processCommands(cluster, shell);
  varsCommands(cluster, shell);
};

interface LoadFlags extends ChangeFlags {
  readonly facts: string;
  readonly roles?: readonly string[];
  readonly verify?: true;
  readonly yes?: true;
}

const loadCommand = (cluster: Command, shell: Shell): void => {
  const load = cluster
    .command('load')
    .description('load facts and roles: adds what is new, changes what differs, removes nothing')
    .requiredOption('-f, --facts <file>', 'the facts')
    .option('-r, --roles <path>', 'a file of roles, or a folder of such files; repeatable', gather)
    .option('--verify', 'check the files; change nothing')
    .option('-y, --yes', 'do not ask before a loaded cluster is changed');
  withExamples(
    withWork(withChange(load), (flags: LoadFlags) => runLoad(shell, flags)),
    'halctl cluster load -f facts.yaml -r roles/',
    'halctl cluster load -f facts.yaml -r servers.yaml -r clients.yaml --verify',
  );
};

const runLoad = async (shell: Shell, flags: LoadFlags): Promise<void> => {
  const facts = await textOf(flags.facts);
  const passwords = await passwordsIn(facts);
  const body: LoadBody = {
    facts,
    ...(Object.keys(passwords).length > 0 ? { passwords } : {}),
    roles: (await Promise.all((flags.roles ?? []).map(rolesIn))).flat(),
  };
  const client = await connect(shell, flags);
  const options = changeOptions(shell, flags);
  if (flags.verify) {
    const reply = await client.load(body, { ...options, dryRun: true });
    return show(shell, flags, reply, verifiedLines);
  }
  if (shell.interactive && !flags.yes && !flags.dryRun) {
    const { cluster } = await client.status({ summary: true, signal: shell.signal });
    const { events } = await client.load(body, { ...options, dryRun: true });
    if (cluster !== null && events.length > 0) {
      const question = `This changes ${cluster}: ${counted(events.length, 'event')} (see --dry-run). Load?`;
      if (!(await askWhether(shell, question))) throw new Failure('failed', 'nothing was loaded');
    }
  }
  const reply = await client.load(body, options);
  if (!isDryRun(reply)) sayWarnings(shell, reply);
  await showChange(shell, flags, reply, loadedLines);
};

const textOf = async (path: string): Promise<LoadBody['facts']> => {
  try {
    return { name: path, text: await readFile(path, 'utf8') };
  } catch (error) {
    throw new Failure('usage', `cannot read the file: ${(error as Error).message}`);
  }
};

const rolesIn = async (path: string): Promise<LoadBody['roles']> => {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return [await textOf(path)];
  const names = (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).sort();
  if (names.length === 0) throw new Failure('usage', `there is no .yaml file in ${path}`);
  return Promise.all(names.map((name) => textOf(join(path, name))));
};

const sayWarnings = (shell: Shell, { warnings }: Loaded): void => {
  for (const line of problemLines(warnings)) shell.say(`warning: ${line}\n`);
};

const verifiedLines = ({ revision, events }: DryRun): string[] => [
  'The files are right; nothing was loaded.',
  events.length === 0
    ? `The cluster at revision ${revision} already is as they say.`
    : `To load them would append ${counted(events.length, 'event')} after revision ${revision}; see --dry-run.`,
];

const loadedLines = ({ revision, changed, hosts, roles, processes, waiting }: Loaded): string[] => [
  changed ? `Loaded; revision ${revision}.` : `Nothing to change at revision ${revision}.`,
  `  hosts declared:   ${hosts}`,
  `  roles defined:    ${roles}`,
  `  processes added:  ${processes}`,
  ...(waiting.length === 0
    ? []
    : [
        `  waiting:          ${counted(waiting.length, 'host')} for the agent to report; see: halctl cluster status`,
      ]),
];

interface DumpFlags extends ReadFlags {
  readonly folder?: string;
}

const dumpCommand = (cluster: Command, shell: Shell): void => {
  const dump = cluster
    .command('dump')
    .description('write out the declared cluster as files that load takes')
    .option(
      '-f, --folder <dir>',
      'write the files there; absent: to the output, one after the other',
    );
  const run = async (flags: DumpFlags): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.dump(readOptions(shell, flags));
    const { folder } = flags;
    if (folder !== undefined) printLines(shell, await writeFiles(folder, reply));
    else show(shell, flags, reply, dumpLines);
  };
  withExamples(
    withWork(withRead(dump), run),
    'halctl cluster dump -f backup/',
    'halctl cluster dump --at 2026-11-20T18:00:00Z --json',
  );
};

const dumpLines = ({ facts, roles }: Dump): string[] =>
  [facts, ...roles].flatMap(({ name, text }, index) => [
    ...(index === 0 ? [] : ['---']),
    `# file: ${name}`,
    text.trimEnd(),
  ]);

/**
 * Names come from the station: no more than their last part is used, so that nothing lands outside
 * the folder.
 */
/** Facts beside a folder of roles: what `load -f DIR/facts.yaml -r DIR/roles` takes. */
const writeFiles = async (folder: string, { facts, roles }: Dump): Promise<string[]> => {
  const taken = new Set<string>();
  const written: string[] = [];
  const write = async (path: string, text: string): Promise<void> => {
    // Facts may tell more of a cluster than everybody should know.
    await writePrivately(path, text);
    written.push(path);
  };
  await write(join(folder, 'facts.yaml'), facts.text);
  for (const { name, text } of roles) {
    const wanted =
      basename(name)
        .replace(/[^\w.-]/g, '_')
        .replace(/^\.+/, '') || 'unnamed.yaml';
    let free = wanted;
    for (let number = 2; taken.has(free); number++) free = `${number}-${wanted}`;
    taken.add(free);
    await write(join(folder, 'roles', free), text);
  }
  return written;
};

/** The files that facts name as `password_file`, beside the facts; the station cannot read them. */
const passwordsIn = async (facts: LoadBody['facts']): Promise<Record<string, string>> => {
  if (!facts.text.includes('password_file')) return {};
  const { parseDocument, isScalar, visit } = await import('yaml');
  const names = new Set<string>();
  visit(parseDocument(facts.text), {
    Pair: (_key, { key, value }) => {
      if (isScalar(key) && key.value === 'password_file' && isScalar(value))
        names.add(String(value.value));
    },
  });
  const passwords = Array.from(
    names,
    async (name) => [name, (await textOf(resolve(dirname(facts.name), name))).text] as const,
  );
  return Object.fromEntries(await Promise.all(passwords));
};

interface StatusFlags extends ReadFlags {
  readonly host?: string;
  readonly onlyProblems?: true;
  readonly summary?: true;
}

const statusCommand = (cluster: Command, shell: Shell): void => {
  const status = cluster
    .command('status')
    .description('show hosts, processes and services with their states')
    .option('--host <host>', 'only this host')
    .option('--only-problems', 'only what needs attention')
    .option('--summary', 'only the counts');
  const run = async (flags: StatusFlags): Promise<void> => {
    const client = await connect(shell, flags);
    const { host, onlyProblems, summary } = flags;
    const options = { ...readOptions(shell, flags), host, problems: onlyProblems, summary };
    const reply = await client.status(options);
    const { statusTree } = await import('../output/status-tree.ts');
    show(shell, flags, reply, function* (reply: Status) {
      if (reply.cluster === null) yield nothingLoaded;
      if (reply.cluster === null && reply.hosts.length === 0) return;
      yield* statusTree(reply, shell.palette);
      if (onlyProblems && reply.hosts.length === 0) yield 'Nothing needs attention.';
    });
  };
  withExamples(
    withWork(withRead(status), run),
    'halctl cluster status',
    'halctl cluster status --only-problems',
    'halctl cluster status --host n0001.example --at 1742',
  );
};

interface UpdateFlags extends ChangeFlags {
  readonly reason: string;
}

const updateCommand = (cluster: Command, shell: Shell): void => {
  const run = async (flags: UpdateFlags, assignment: string): Promise<void> => {
    const [fid = '', state = ''] = assignment.split('=');
    const client = await connect(shell, flags);
    const body = { state: state as OverrideBody['state'], reason: flags.reason };
    const reply = await client.overrideState(fidOf(fid), body, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ revision, changed }: Done) => [
      changed ? `${fid} is ${state} now; revision ${revision}.` : `${fid} already was ${state}.`,
    ]);
  };
  withExamples(
    withWork(
      withChange(
        cluster
          .command('update')
          .description("set a process's state by hand; recorded with who did it and why")
          .argument('<fid=state>', 'the process and its state')
          .requiredOption('--reason <text>', 'why you know better'),
      ),
      run,
    ),
    "halctl cluster update 0x7200000000000001:0x2a=offline --reason 'its disk was pulled'",
  );
};

const varsCommands = (cluster: Command, shell: Shell): void => {
  const vars = cluster.command('vars').description('settings of the cluster');
  const set = async (flags: ChangeFlags, assignments: readonly string[]): Promise<void> => {
    const wanted = Object.fromEntries(
      assignments.map((text) => {
        const match = /^([a-z_]+)=(-?\d{1,15})$/.exec(text);
        if (!match)
          throw new Failure(
            'usage',
            `"${text}" is not NAME=NUMBER`,
            'See: halctl cluster vars get',
          );
        return [match[1]!, Number(match[2])];
      }),
    );
    const client = await connect(shell, flags);
    const reply = await client.setVars(wanted, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ revision, changed }: Done) => [
      changed ? `Set; revision ${revision}.` : 'They had these values already.',
    ]);
  };
  withExamples(
    withWork(
      withChange(
        vars
          .command('set')
          .description('change settings, all of those given or none')
          .argument('<name=value...>', 'settings and their values'),
      ),
      set,
    ),
    'halctl cluster vars set keepalive_timeout=60 keepalive_frequency=15',
  );
  const run = async (flags: ReadFlags, name: string | undefined): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.vars(readOptions(shell, flags));
    if (name === undefined) return show(shell, flags, reply, varLines);
    const found = reply.items.find((one) => one.name === name);
    if (!found)
      throw new Failure(
        'notFound',
        `there is no setting "${name}"`,
        'See which there are: halctl cluster vars get',
      );
    show(shell, flags, found, ({ value }) => [String(value)]);
  };
  const varLines = ({ items }: VarList): string[] =>
    formatTable<VarList['items'][number]>(
      [
        { title: 'NAME', value: ({ name }) => name },
        { title: 'VALUE', value: ({ value }) => String(value), align: 'right' },
        { title: 'UNIT', value: ({ unit }) => unit },
        { title: 'DEFAULT', value: (one) => String(one.default), align: 'right' },
        { title: 'RANGE', value: ({ min, max }) => `${min}..${max}` },
        { title: 'MEANING', value: ({ description }) => description, yields: 1 },
      ],
      items,
      shell.width,
    );
  withExamples(
    withWork(
      withRead(
        vars
          .command('get')
          .description('show the settings, or the value of one')
          .argument('[name]', 'a setting'),
      ),
      run,
    ),
    'halctl cluster vars get',
    'halctl cluster vars get keepalive_timeout',
  );
};
