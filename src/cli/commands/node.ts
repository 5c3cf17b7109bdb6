/** `halctl cluster node`: hosts as members of the managed cluster. */

import type { Command } from 'commander';
import { everyItem } from '../../client/pages.ts';
import type { Client } from '../../client/client.ts';
import type { Added, Node, NodeBody, ReadOptions } from '../../client/types.ts';
import { forcing } from '../../client/view/forcing.ts';
import {
  gather,
  readOptions,
  show,
  showChange,
  withChange,
  withExamples,
  withRead,
  withWork,
} from '../command.ts';
import type { ChangeFlags, ReadFlags } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { forHosts } from '../many-hosts.ts';
import { machinesOf } from '../nodesets.ts';
import { addedLines } from '../output/added.ts';
import { paintState } from '../output/colour.ts';
import { formatFields, formatTable } from '../output/table.ts';
import { readOverrides } from '../overrides.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';
import { actionCommand, removalForce } from './actions.ts';

interface AddFlags extends ChangeFlags {
  readonly role: readonly string[];
  readonly set?: readonly string[];
  readonly tokens?: true;
}

export const nodeCommands = (cluster: Command, shell: Shell): void => {
  const node = cluster.command('node').description('nodes: hosts that are members of the cluster');
  addCommand(node, shell);
  listCommand(node, shell);
  showCommand(node, shell);
  const action = (verb: 'start' | 'stop' | 'remove', description: string, force?: string): void =>
    actionCommand(
      node
        .command(verb)
        .description(description)
        .argument('<nodeset-or-fid...>', "hosts: n0001.example, or 'n[0001-0100].savio3'; or fids"),
      shell,
      async (client, id) => ({ verb, node: await nodeFid(client, id, { signal: shell.signal }) }),
      [`halctl cluster node ${verb} n0001.example`],
      force === undefined ? {} : { force },
    );
  action('start', 'start the managed processes of nodes, level by level');
  action('stop', 'stop the managed processes of nodes', `although ${forcing.stopNodes}`);
  action(
    'remove',
    'remove nodes and their processes; the hosts stay. What refuses is named and keeps its node',
    removalForce,
  );
};

/** The fid of a node that is named by its host or by its fid. */
const nodeFid = async (client: Client, id: string, options: ReadOptions): Promise<string> => {
  if (id.startsWith('0x')) return id;
  const host = await client.getHost(id, options);
  if (host.node !== null) return host.node;
  const advice = `Make it one: halctl cluster node add ${id} --role ROLE`;
  throw new Failure('notFound', `${id} is no node`, advice);
};

const addCommand = (node: Command, shell: Shell): void => {
  const run = async (flags: AddFlags, nodeset: string): Promise<void> => {
    const hosts = await machinesOf(shell, flags, [nodeset]);
    const overrides = readOverrides(flags.role, flags.set ?? []);
    const roles = [...overrides].map(([name, values]) => ({ name, overrides: values }));
    const client = await connect(shell, flags);
    await forHosts(
      shell,
      flags,
      hosts,
      (host, options) => {
        const body: NodeBody = { host, roles, ...(flags.tokens ? { tokens: true } : {}) };
        return client.addNode(body, options);
      },
      (reply, host) =>
        showChange(shell, flags, reply, (added: Added) => addedLines(added, host, shell.width)),
    );
  };
  const add = node
    .command('add')
    .description(
      'add the processes of one or several roles to hosts: for each host all of them, or none',
    )
    .argument('<nodeset>', "a host, or several: 'n[0001-0100].savio3'")
    .requiredOption('--role <role>', 'a role; repeatable', gather)
    .option(
      '--set <key=value>',
      "an override of the roles' variables, or of one role's: role:key=value",
      gather,
    )
    .option('--tokens', 'print, for each process, a token that may read only its configuration');
  withExamples(
    withWork(withChange(add), run),
    'halctl cluster node add n0001.example --role confd --role storage',
    "halctl cluster node add 'n[0001-0100].example' --role s3server --dry-run",
    'halctl cluster node add n0001.example --role m0t1fs --role clovis-app --set clovis-app:multiplicity=2',
  );
};

const listCommand = (node: Command, shell: Shell): void => {
  const run = async (flags: ReadFlags): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await everyItem(
      (options) => client.listNodes(options),
      readOptions(shell, flags),
    );
    show(shell, flags, reply, ({ items }) =>
      formatTable<Node>(
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
          { title: 'PROCESSES', value: ({ processes }) => String(processes), align: 'right' },
          { title: 'HOST', value: ({ host }) => host, yields: 1 },
        ],
        items,
        shell.width,
      ),
    );
  };
  withExamples(
    withWork(withRead(node.command('list').description('list all nodes')), run),
    'halctl cluster node list',
  );
};

const showCommand = (node: Command, shell: Shell): void => {
  const run = async (flags: ReadFlags, id: string): Promise<void> => {
    const client = await connect(shell, flags);
    const options = readOptions(shell, flags);
    const fid = await nodeFid(client, id, options);
    show(shell, flags, await client.getNode(fid, options), (reply) =>
      formatFields([
        ['fid', reply.fid],
        ['host', reply.host],
        ['state', reply.state],
        ['processes', String(reply.processes)],
        ['created', `revision ${reply.created}`],
      ]),
    );
  };
  withExamples(
    withWork(
      withRead(
        node
          .command('show')
          .description('show one node')
          .argument('<host-or-fid>', "its host's name or its fid"),
      ),
      run,
    ),
    'halctl cluster node show n0001.example',
  );
};
