/** `halctl system`: the hosts, and the parts that Halcyon itself consists of. */

import type { Command } from 'commander';
import { Option } from 'commander';
import { everyItem } from '../../client/pages.ts';
import type { Agent, EngineInfo, GraphFormat, Host, LogInfo } from '../../client/types.ts';
import {
  readOptions,
  show,
  showChange,
  withChange,
  withExamples,
  withJson,
  withRead,
  withWork,
} from '../command.ts';
import type { ChangeFlags, JsonFlag, ReadFlags } from '../command.ts';
import { forHosts, hostsOf } from '../many-hosts.ts';
import { paintState } from '../output/colour.ts';
import { recoveryLine } from '../output/recovery.ts';
import { missingText } from '../output/status-tree.ts';
import { formatFields, formatTable } from '../output/table.ts';
import { briefly, formatTime, printable } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';
import { actionCommand, removalForce } from './actions.ts';
import { renameCommand } from './rename.ts';
import { cepCommand } from './sequences.ts';
import { serviceCommands } from './service.ts';
import { stationCommands } from './station.ts';
import { tracesCommands } from './traces.ts';

export const systemCommands = (program: Command, shell: Shell): void => {
  const system = program
    .command('system')
    .alias('halon')
    .description('hosts, and what Halcyon itself consists of: log, engine, graph');
  hostCommands(system, shell);
  infoCommands(system, shell);
  serviceCommands(system, shell);
  stationCommands(system, shell);
};

const hostCommands = (system: Command, shell: Shell): void => {
  const node = system.command('node').description('hosts: machines that run an agent, or will');
  actionCommand(
    node
      .command('remove')
      .description(
        'remove hosts, their nodes and their processes. What refuses is named and keeps its host; an agent that is to come ' +
          'back has to be given a new token',
      )
      .argument('<nodeset...>', "hosts: n0001.example, or 'n[0001-0100].savio3'"),
    shell,
    (_client, host) => ({ verb: 'remove', host }),
    ['halctl system node remove n0004.example'],
    { force: removalForce },
  );

  const add = async (flags: ChangeFlags, nodesets: readonly string[]): Promise<void> => {
    const hosts = hostsOf(nodesets);
    const client = await connect(shell, flags);
    await forHosts(
      shell,
      flags,
      hosts,
      (fqdn, options) => client.addHost({ fqdn }, options),
      (reply) =>
        showChange(shell, flags, reply, ({ fqdn, state }: Host) => [
          `${fqdn} is a host of the cluster; its state is ${state}.`,
        ]),
    );
  };
  withExamples(
    withWork(
      withChange(
        node
          .command('add')
          .description('make hosts known before their agents report')
          .argument('<nodeset...>', "hosts: n0001.example, or 'n[0001-0100].savio3'"),
      ),
      add,
    ),
    'halctl system node add n0004.example',
    "halctl system node add 'n[0001-0100,0200].savio3'",
  );

  const list = async (flags: ReadFlags): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await everyItem(
      (options) => client.listHosts(options),
      readOptions(shell, flags),
    );
    show(shell, flags, reply, ({ items }) => hostTable(shell, items));
  };
  withExamples(
    withWork(withRead(node.command('list').description('list all hosts')), list),
    'halctl system node list',
  );

  const showOne = async (flags: ReadFlags, fqdn: string): Promise<void> => {
    const client = await connect(shell, flags);
    show(
      shell,
      flags,
      await client.getHost(fqdn.toLowerCase(), readOptions(shell, flags)),
      hostLines,
    );
  };
  withExamples(
    withWork(
      withRead(
        node
          .command('show')
          .description('show one host')
          .argument('<host>', 'its fully qualified name'),
      ),
      showOne,
    ),
    'halctl system node show n0001.example',
  );
  renameCommand(node, shell);
  tracesCommands(node, shell);
};

const hostTable = (shell: Shell, hosts: readonly Host[]): string[] =>
  formatTable<Host>(
    [
      { title: 'HOST', value: ({ fqdn }) => fqdn },
      {
        title: 'STATE',
        value: ({ state }) => state,
        paint:
          ({ state }) =>
          (text) =>
            paintState(shell.palette, state, text),
      },
      { title: 'SINCE', value: ({ since }) => formatTime(since), yields: 4 },
      { title: 'PROCESSES', value: ({ processes }) => String(processes), align: 'right' },
      { title: 'ADDRESS', value: ({ address }) => address ?? '-', yields: 3 },
      { title: 'AGENT', value: (host) => host.agent_version ?? '-', yields: 2 },
      { title: 'NOTE', value: ({ reason, problem }) => problem || reason, yields: 5 },
    ],
    hosts,
    shell.width,
  );

const hostLines = (host: Host): string[] => {
  const { agent_version: agent, boot_id: boot, memory_mib: memory } = host;
  return [
    ...formatFields([
      ['host', host.fqdn],
      ['state', `${host.state} since ${formatTime(host.since)}`],
      ['reason', host.reason || undefined],
      ['recovery', recoveryLine(host.recovery) || undefined],
      ['waiting', host.problem || undefined],
      ['missing', missingText(host.missing) || undefined],
      ['node', host.node ?? 'none: no process was added yet'],
      ['processes', String(host.processes)],
      ['address', host.address ?? undefined],
      ['LNet id', host.lnid ?? undefined],
      ['memory', memory === null ? undefined : `${memory} MiB`],
      ['CPUs', host.cpus === null ? undefined : String(host.cpus)],
      ['kernel', host.kernel ?? undefined],
      ['boot', boot ?? undefined],
      ['agent', agent ?? 'has not reported'],
      ['enclosure', host.enclosure ?? undefined],
      ['project', host.project ?? undefined],
      [
        'refused',
        host.refused.length === 0
          ? undefined
          : `agents of other machines: ${host.refused.join(', ')}`,
      ],
      ['created', `revision ${host.created}`],
      ['changed', `revision ${host.changed}`],
    ]),
    ...host.interfaces.map(({ name, address }) => printable(`interface ${name} ${address}`)),
    ...host.roles.map(({ name, overrides, pending }) => {
      const values = Object.keys(overrides).length === 0 ? '' : ` with ${briefly(overrides)}`;
      return `role ${printable(name)}${values}${pending ? ', waiting' : ''}`;
    }),
  ];
};

const agentLines = ({ connected, protocol, heard, traces }: Agent): string[] =>
  formatFields([
    ['connection', connected ? `open, protocol ${protocol}` : 'none'],
    ['heard', heard === null ? 'not since the station started' : formatTime(heard)],
    ['traces', traces ? 'on: it logs all that it does' : 'off'],
  ]);

interface GraphFlags extends GlobalFlags {
  readonly at?: string;
  readonly format: GraphFormat;
}

const infoCommands = (system: Command, shell: Shell): void => {
  const info = system.command('info').description('what the station knows and does');

  const graph = async (flags: GraphFlags): Promise<void> => {
    const client = await connect(shell, flags);
    await shell.pour(await client.graph(flags.format, readOptions(shell, flags)));
  };
  withExamples(
    withWork(
      info
        .command('graph')
        .description('write out the resource graph')
        .addOption(
          new Option('--format <format>', 'JSON, a Graphviz graph, or one resource a line')
            .choices(['json', 'dot', 'kv'])
            .default('json'),
        )
        .option('--at <moment>', 'the cluster as it was at a revision or a time'),
      graph,
    ),
    'halctl system info graph --format dot | dot -Tsvg > cluster.svg',
    'halctl system info graph --format kv --at 1742',
  );

  const log = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const client = await connect(shell, flags);
    show(shell, flags, await client.log({ signal: shell.signal }), (reply) =>
      logLines(shell, reply),
    );
  };
  withExamples(
    withWork(
      withJson(
        info.command('eq').description('show the event log: head, size, readers, snapshots'),
      ),
      log,
    ),
    'halctl system info eq',
  );

  const engine = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const client = await connect(shell, flags);
    show(shell, flags, await client.engine({ signal: shell.signal }), (reply) =>
      engineLines(shell, reply),
    );
  };
  withExamples(
    withWork(
      withJson(info.command('rc').description('show the engine: rules, counters, resources')),
      engine,
    ),
    'halctl system info rc',
  );

  cepCommand(info, shell);

  const node = async (flags: ReadFlags, name: string): Promise<void> => {
    const client = await connect(shell, flags);
    const fqdn = name.toLowerCase();
    const host = await client.getHost(fqdn, readOptions(shell, flags));
    // The agent is as it is now, whenever the host is looked at.
    const agent = flags.at === undefined ? await client.getAgent(fqdn) : undefined;
    show(shell, flags, agent ? { ...host, agent } : host, () => [
      ...(agent ? agentLines(agent) : []),
      ...hostLines(host),
    ]);
  };
  withExamples(
    withWork(
      withRead(
        info
          .command('node')
          .description('show what is known of a host')
          .argument('<host>', 'its fully qualified name'),
      ),
      node,
    ),
    'halctl system info node n0001.example',
  );
};

const logLines = (shell: Shell, log: LogInfo): string[] => [
  ...formatFields([
    ['head', `revision ${log.head}`],
    ['durability', log.durability],
    ['size', `${log.bytes} bytes`],
    ['digest', log.digest],
  ]),
  '',
  ...(log.snapshots.length === 0
    ? ['No snapshots.']
    : formatTable<LogInfo['snapshots'][number]>(
        [
          { title: 'SNAPSHOT', value: ({ revision }) => String(revision), align: 'right' },
          { title: 'TIME', value: ({ at }) => formatTime(at) },
          { title: 'BYTES', value: ({ bytes }) => String(bytes), align: 'right' },
        ],
        log.snapshots,
        shell.width,
      )),
  '',
  ...(log.subscribers.length === 0
    ? ['Nobody follows the log.']
    : formatTable<LogInfo['subscribers'][number]>(
        [
          { title: 'READER', value: ({ name }) => name, yields: 1 },
          { title: 'REVISION', value: ({ revision }) => String(revision), align: 'right' },
          { title: 'BEHIND', value: ({ lag }) => String(lag), align: 'right' },
        ],
        log.subscribers,
        shell.width,
      )),
];

const engineLines = (shell: Shell, engine: EngineInfo): string[] => [
  ...formatFields([
    ['revision', String(engine.revision)],
    ['rules', `version ${engine.rules_version}`],
    ['commits', `${engine.commits} since the start of the station`],
    ['rate', `${engine.commits_per_second} commits a second, over the last ten`],
    ['events', String(engine.events)],
    ['rejections', String(engine.rejections)],
    ['waiting', String(engine.waiting)],
    ['next deadline', engine.next_deadline === null ? 'none' : formatTime(engine.next_deadline)],
    ['resources', briefly(engine.resources)],
  ]),
  '',
  ...formatTable<EngineInfo['rules'][number]>(
    [
      { title: 'RULE', value: ({ name }) => name },
      { title: 'FIRINGS', value: ({ firings }) => String(firings), align: 'right' },
      { title: 'ON', value: ({ on }) => on.join(', '), yields: 1 },
      { title: 'WHAT IT DOES', value: ({ description }) => description, yields: 2 },
    ],
    engine.rules,
    shell.width,
  ),
];
