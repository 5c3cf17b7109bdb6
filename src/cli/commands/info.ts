/** `halctl system info`: what the station knows and does. */

import type { Command } from 'commander';
import { Option } from 'commander';
import type { Agent, EngineInfo, GraphFormat, LogInfo } from '../../client/types.ts';
import { readOptions, show, withExamples, withJson, withRead, withWork } from '../command.ts';
import type { JsonFlag, ReadFlags } from '../command.ts';
import { hostLines } from '../output/host.ts';
import { formatFields, formatTable } from '../output/table.ts';
import { briefly, formatTime } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';
import { cepCommand } from './sequences.ts';

interface GraphFlags extends GlobalFlags {
  readonly at?: string;
  readonly format: GraphFormat;
}

export const infoCommands = (system: Command, shell: Shell): void => {
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

const agentLines = ({ connected, protocol, heard, traces }: Agent): string[] =>
  formatFields([
    ['connection', connected ? `open, protocol ${protocol}` : 'none'],
    ['heard', heard === null ? 'not since the station started' : formatTime(heard)],
    ['traces', traces ? 'on: it logs all that it does' : 'off'],
  ]);
