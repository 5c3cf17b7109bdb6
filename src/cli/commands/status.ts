/** `halctl cluster status`: hosts, processes and services with their states. */

import type { Command } from 'commander';
import type { Status } from '../../client/types.ts';
import { readOptions, show, withExamples, withRead, withWork } from '../command.ts';
import type { ReadFlags } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { jsonLine } from '../output/text.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';

const nothingLoaded =
  'No cluster is loaded yet. Load one with: halctl cluster load -f facts.yaml -r roles/';

interface StatusFlags extends ReadFlags {
  readonly host?: string;
  readonly onlyProblems?: true;
  readonly summary?: true;
  readonly watch?: true;
}

export const statusCommand = (cluster: Command, shell: Shell): void => {
  const status = cluster
    .command('status')
    .description('show hosts, processes and services with their states')
    .option('--host <host>', 'only this host')
    .option('--only-problems', 'only what needs attention')
    .option('--summary', 'only the counts')
    .option(
      '-w, --watch',
      'show it again whenever it changes, until Ctrl-C; as JSON, one document a line',
    );
  const run = async (flags: StatusFlags): Promise<void> => {
    const client = await connect(shell, flags);
    const { host, onlyProblems, summary } = flags;
    const options = { ...readOptions(shell, flags), host, problems: onlyProblems, summary };
    const { statusTree } = await import('../output/status-tree.ts');
    const lines = function* (reply: Status): Generator<string> {
      if (reply.cluster === null) yield nothingLoaded;
      if (reply.cluster === null && reply.hosts.length === 0) return;
      yield* statusTree(reply, shell.palette);
      if (onlyProblems && reply.hosts.length === 0) yield 'Nothing needs attention.';
    };
    if (!flags.watch) return show(shell, flags, await client.status(options), lines);
    if (flags.at !== undefined)
      throw new Failure('usage', 'the past does not change: --watch goes without --at');
    const { watch } = await import('../watch.ts');
    const { withChanges } = await import('../../client/status-changes.ts');
    const look = async (seen?: Status): Promise<Status> => {
      const since = host === undefined ? seen?.revision : undefined;
      const answer = await client.status({ ...options, since });
      return seen ? withChanges(seen, answer) : answer;
    };
    const documents = (reply: Status): string[] => [jsonLine(reply)];
    await watch(shell, client, look, flags.json ? documents : lines);
  };
  withExamples(
    withWork(withRead(status), run),
    'halctl cluster status',
    'halctl cluster status --only-problems',
    'halctl cluster status --watch',
    'halctl cluster status --host n0001.example --at 1742',
  );
};
