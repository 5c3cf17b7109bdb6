/** `halctl cluster sync`: agents are told anew what they have to run. */

import type { Command } from 'commander';
import type { Synced } from '../../client/types.ts';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import { show, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { machinesOf } from '../nodesets.ts';
import { counted } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

type SyncFlags = GlobalFlags & JsonFlag;

export const syncCommand = (cluster: Command, shell: Shell): void => {
  const sync = cluster
    .command('sync')
    .description('tell agents once more what their hosts have to run; changes nothing')
    .argument('[nodesets...]', 'hosts; absent: all that have a node');
  const run = async (flags: SyncFlags, nodesets: readonly string[]): Promise<void> => {
    const hosts = nodesets.length > 0 ? await machinesOf(shell, flags, nodesets) : undefined;
    const client = await connect(shell, flags);
    const reply = await client.sync(hosts, { signal: shell.signal });
    show(shell, flags, reply, lines);
    if (reply.absent.length > 0)
      throw new Failure(
        'failed',
        `the agents of ${counted(reply.absent.length, 'host')} are not connected`,
        'They are told everything when they connect: see halctl system node list',
      );
  };
  withExamples(
    withWork(withJson(sync), run),
    'halctl cluster sync',
    "halctl cluster sync 'n[0001-0100].savio3'",
  );
};

const lines = ({ told, absent }: Synced): string[] => [
  told.length === 0
    ? 'Nobody was told.'
    : `Told ${counted(told.length, 'host')}: ${foldNodeset(told)}`,
  ...(absent.length === 0 ? [] : [`Not connected: ${foldNodeset(absent)}`]),
];
