/** `halctl cluster process`: processes and their configuration. */

import type { Command } from 'commander';
import { Argument, Option } from 'commander';
import { everyItem } from '../../client/pages.ts';
import type { Client } from '../../client/client.ts';
import type { Added, Done, Process, Scaled, StateBody } from '../../client/types.ts';
import {
  changeOptions,
  fidOf,
  gather,
  isDryRun,
  readOptions,
  show,
  showChange,
  wholeNumber,
  withChange,
  withExamples,
  withRead,
  withWork,
} from '../command.ts';
import type { ChangeFlags, JsonFlag, ReadFlags } from '../command.ts';
import { writePrivately } from '../config.ts';
import { forHosts, hostsOf, processKind } from '../many-hosts.ts';
import { addedLines } from '../output/added.ts';
import { paintState } from '../output/colour.ts';
import { formatFields, formatTable } from '../output/table.ts';
import { formatJson, printable, printableLines } from '../output/text.ts';
import { readOverrides } from '../overrides.ts';
import { connect } from '../session.ts';
import { logsCommand } from './logs.ts';
import { actionCommand } from './actions.ts';
import { refuseFailed, resultLines, settle } from '../operation.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

export const processCommands = (cluster: Command, shell: Shell): void => {
  const process = cluster.command('process').description('processes and their configuration');
  addCommand(process, shell);
  configurationCommand(process, shell);
  listCommand(process, shell);
  showCommand(process, shell);
  logsCommand(process, shell);
  orderCommands(process, shell);
  stateCommand(process, shell);
};

interface AddFlags extends ChangeFlags {
  readonly host: string;
  readonly role: string;
  readonly set?: readonly string[];
  readonly tokens?: true;
  readonly format: 'table' | 'env' | 'json' | 'yaml';
}

const addCommand = (process: Command, shell: Shell): void => {
  const run = async (flags: AddFlags): Promise<void> => {
    const hosts = hostsOf([flags.host]);
    const overrides = readOverrides([flags.role], flags.set ?? []).get(flags.role) ?? {};
    const client = await connect(shell, flags);
    const json: JsonFlag = flags.format === 'json' ? { json: true } : flags;
    await forHosts(
      shell,
      { ...flags, ...json },
      hosts,
      (host, options) => {
        const tokens = flags.tokens ? { tokens: true } : {};
        return client.addProcess({ host, role: flags.role, overrides, ...tokens }, options);
      },
      async (reply, host) => {
        const { format } = flags;
        if (isDryRun(reply) || json.json || format === 'table' || format === 'json')
          return showChange(shell, json, reply, (added: Added) =>
            addedLines(added, host, shell.width),
          );
        for (const process of reply.processes) await printText(shell, client, process, format);
      },
    );
  };
  const add = process
    .command('add')
    .description('add the processes of a role to a host: as many as the role says, or none')
    .requiredOption('--host <nodeset>', "a host, or several: 'n[0001-0100].savio3'")
    .requiredOption('--role <role>', 'a role')
    .option('--set <key=value>', "an override of the role's variables; repeatable", gather)
    .option('--tokens', 'print, for each process, a token that may read only its configuration')
    .addOption(
      new Option('--format <format>', 'how to print what was added')
        .choices(['table', 'env', 'json', 'yaml'])
        .default('table'),
    );
  withExamples(
    withWork(withChange(add), run),
    'halctl cluster process add --host n0001.example --role clovis-app --set multiplicity=4',
    'halctl cluster process add --host n0001.example --role s3server --format env',
    'halctl cluster process add --host n0001.example --role clovis-app --tokens --json',
  );
};

/**
 * The configuration of one of several processes, as the station writes it, under lines that say
 * whose it is.
 */
const printText = async (
  shell: Shell,
  client: Client,
  { fid, name, token }: Added['processes'][number],
  format: 'env' | 'yaml',
): Promise<void> => {
  const configuration = await client.readConfiguration(fid, format, { signal: shell.signal });
  const start = format === 'yaml' ? '---\n' : '';
  const secret = token === undefined ? '' : `# token, which is not shown again: ${token}\n`;
  shell.print(
    `${start}# ${fid} ${printable(name)}\n${secret}${shownOn(shell, configuration?.text.trimEnd() ?? '')}\n`,
  );
};

/** Programs get a configuration as it is, terminals without what could drive them. */
const shownOn = ({ width }: Shell, text: string): string =>
  width === undefined ? text : printableLines(text);

interface ConfigurationFlags extends GlobalFlags {
  readonly at?: string;
  readonly format: 'env' | 'json' | 'yaml';
  readonly output?: string;
}

const configurationCommand = (process: Command, shell: Shell): void => {
  const run = async (flags: ConfigurationFlags, fid: string): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.readConfiguration(fid, flags.format, readOptions(shell, flags));
    const sent = reply?.text ?? '';
    const text = flags.format === 'json' ? formatJson(JSON.parse(sent)) : `${sent.trimEnd()}\n`;
    if (flags.output === undefined) shell.print(shownOn(shell, text));
    else await writePrivately(flags.output, text);
  };
  const configuration = process
    .command('configuration')
    .description('show the configuration of a process')
    .argument('<fid>', 'the process', fidOf)
    .addOption(
      new Option('--format <format>', 'env is for EnvironmentFile= of systemd, and for shells')
        .choices(['env', 'json', 'yaml'])
        .default('env'),
    )
    .option('-o, --output <file>', 'write it to a file that only its owner may read')
    .option('--at <moment>', 'the cluster as it was at a revision or a time');
  withExamples(
    withWork(configuration, run),
    'halctl cluster process configuration 0x7200000000000001:0x2a',
    'halctl cluster process configuration 0x7200000000000001:0x2a -o /etc/sysconfig/m0d-0x7200000000000001:0x2a',
  );
};

interface ListFlags extends ReadFlags {
  readonly host?: string;
  readonly node?: string;
  readonly role?: string;
  /** As typed; the station refuses what is none. */
  readonly state?: Process['state'];
}

const listCommand = (process: Command, shell: Shell): void => {
  const run = async (flags: ListFlags): Promise<void> => {
    const client = await connect(shell, flags);
    const { host, node, role, state } = flags;
    const filter = { ...readOptions(shell, flags), host, node, role, state };
    const reply = await everyItem((options) => client.listProcesses(options), filter);
    show(shell, flags, reply, ({ items }) =>
      formatTable<Process>(
        [
          { title: 'FID', value: ({ fid }) => fid },
          {
            title: 'STATE',
            value: ({ state }) => state,
            paint:
              ({ state }) =>
              (text) =>
                paintState(shell.palette, state, text),
          },
          { title: 'ROLE', value: ({ role }) => role, yields: 2 },
          { title: 'NAME', value: ({ name }) => name, yields: 4 },
          { title: 'HOST', value: ({ host }) => host, yields: 1 },
          { title: 'ENDPOINT', value: ({ endpoint }) => endpoint, yields: 3 },
          { title: 'REASON', value: ({ reason }) => reason, yields: 5 },
        ],
        items,
        shell.width,
      ),
    );
  };
  const list = process
    .command('list')
    .description('list processes')
    .option('--host <host>', 'only those of this host')
    .option('--node <fid>', 'only those of this node', fidOf)
    .option('--role <role>', 'only those of this role')
    .option('--state <state>', 'only those in this state');
  withExamples(
    withWork(withRead(list), run),
    'halctl cluster process list',
    'halctl cluster process list --role s3server --state failed',
  );
};

const showCommand = (process: Command, shell: Shell): void => {
  const run = async (flags: ReadFlags, fid: string): Promise<void> => {
    const client = await connect(shell, flags);
    show(shell, flags, await client.getProcess(fid, readOptions(shell, flags)), (reply) => [
      ...formatFields([
        ['fid', reply.fid],
        ['name', reply.name],
        ['state', reply.state],
        ['reason', reply.reason === '' ? undefined : reply.reason],
        ['wanted', reply.wanted ?? undefined],
        ['pid', reply.pid === null ? undefined : String(reply.pid)],
        ['attempt', reply.attempt === 0 ? undefined : String(reply.attempt)],
        ['lease', reply.lease === null ? undefined : `${reply.lease} s`],
        ['instance', reply.instance ?? undefined],
        ['host', reply.host],
        ['node', reply.node],
        ['role', reply.role],
        ['type', reply.type],
        ['owner', reply.ownership],
        ['boot level', String(reply.boot_level)],
        ['endpoint', reply.endpoint],
        ['created', `revision ${reply.created}`],
        ['changed', `revision ${reply.changed}`],
      ]),
      'services',
      ...reply.services.map(({ fid, type, state }) => `  ${fid}  ${state}  ${type}`),
    ]);
  };
  withExamples(
    withWork(
      withRead(
        process
          .command('show')
          .description('show one process')
          .argument('<fid>', 'the process', fidOf),
      ),
      run,
    ),
    'halctl cluster process show 0x7200000000000001:0x2a',
  );
};

const gatherFids = (text: string, before: readonly string[] | undefined): readonly string[] =>
  gather(fidOf(text), before);

const orderCommands = (process: Command, shell: Shell): void => {
  const action = (
    verb: 'start' | 'stop' | 'restart' | 'remove',
    description: string,
    force: string | undefined,
  ): void =>
    actionCommand(
      process.command(verb).description(description).argument('<fid...>', 'processes', gatherFids),
      shell,
      (_client, fid) => ({ verb, process: fid }),
      [`halctl cluster process ${verb} 0x7200000000000001:0x2a`],
      { kind: processKind, ...(force === undefined ? {} : { force }) },
    );
  action('start', 'start managed processes', undefined);
  action(
    'stop',
    'stop managed processes',
    'although running processes of their node require them, or too few confds would be left',
  );
  action('restart', 'stop managed processes, if they run, and start them', undefined);
  action(
    'remove',
    'remove processes: a managed one is stopped first, an independent one must have ended',
    'although others of their node require them, too few confds would be left, or an independent one ' +
      'may run on a host that is down',
  );
  scaleCommand(process, shell);
};

interface ScaleFlags extends ChangeFlags {
  readonly host: string;
  readonly role: string;
  readonly to: number;
  readonly set?: readonly string[];
  readonly force?: true;
  /** False after `--no-wait`. */
  readonly wait: boolean;
}

const scaledLines = (
  reply: Scaled,
  { host, role, to }: ScaleFlags,
  width: number | undefined,
): string[] => {
  const { state, kind, changed, revision } = reply;
  const [name, what] = [printable(host), `${to} of ${printable(role)}`];
  if (state === 'running')
    return [`${name} is going to have ${what}.`, ...resultLines(reply, width)];
  if (state !== 'succeeded') return resultLines(reply, width);
  if (!changed && kind === 'none') return [`${name} has ${what} already.`];
  return [`${name} has ${what}; revision ${revision}.`];
};

const scaleCommand = (process: Command, shell: Shell): void => {
  const run = async (flags: ScaleFlags): Promise<void> => {
    const overrides = readOverrides([flags.role], flags.set ?? []).get(flags.role) ?? {};
    const client = await connect(shell, flags);
    const { host, role, to } = flags;
    const options = { ...changeOptions(shell, flags), force: flags.force };
    const begun = await client.scale(host, { role, to, overrides }, options);
    if (isDryRun(begun)) return showChange(shell, flags, begun, () => []);
    const end = flags.wait ? await settle(shell, client, begun) : begun;
    const reply: Scaled = { ...begun, ...end };
    show(shell, flags, reply, () => scaledLines(reply, flags, shell.width));
    refuseFailed(reply);
  };
  withExamples(
    withWork(
      withChange(
        process
          .command('scale')
          .description(
            'change how many processes of a role a host has: adds, or removes the youngest',
          )
          .requiredOption('--host <host>', 'the host')
          .requiredOption('--role <role>', 'a role that takes a multiplicity')
          .requiredOption('--to <count>', 'how many it shall have', wholeNumber)
          .option('--set <key=value>', "an override of the role's variables; repeatable", gather)
          .option('--no-wait', 'do not wait until those that are too many are gone')
          .option(
            '--force',
            'although others require the last one, too few confds would be left, or one may run on a host that is down',
          ),
      ),
      run,
    ),
    'halctl cluster process scale --host n0001.example --role clovis-app --to 4',
  );
};

interface StateFlags extends ChangeFlags {
  readonly reason?: string;
  readonly instance?: string;
}

const stateCommand = (process: Command, shell: Shell): void => {
  const run = async (flags: StateFlags, fid: string, state: StateBody['state']): Promise<void> => {
    const client = await connect(shell, flags);
    const { reason, instance } = flags;
    const body = {
      state,
      ...(reason === undefined ? {} : { reason }),
      ...(instance === undefined ? {} : { instance }),
    };
    const reply = await client.reportState(fid, body, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ revision, changed }: Done) => [
      changed ? `${fid} is ${state}; revision ${revision}.` : `${fid} already was ${state}.`,
    ]);
  };
  const report = process
    .command('state')
    .description('report the state of an independent process')
    .argument('<fid>', 'the process', fidOf)
    .addArgument(
      new Argument('<state>', 'what it does now').choices([
        'online',
        'offline',
        'failed',
        'starting',
      ]),
    )
    .option('--reason <text>', 'why')
    .option(
      '--instance <id>',
      'which run of it says so; what is said for older ones afterwards is refused',
    );
  withExamples(
    withWork(withChange(report), run),
    'halctl cluster process state 0x7200000000000001:0x2a online',
    "halctl cluster process state 0x7200000000000001:0x2a failed --reason 'lost its mount'",
    'halctl cluster process state 0x7200000000000001:0x2a online --instance "$run"',
  );
};
