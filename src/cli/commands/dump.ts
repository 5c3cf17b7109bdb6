/** `halctl cluster dump`: the declared cluster as files that `load` takes. */

import { basename, join } from 'node:path';
import type { Command } from 'commander';
import type { Dump } from '../../client/types.ts';
import { readOptions, show, withExamples, withRead, withWork } from '../command.ts';
import type { ReadFlags } from '../command.ts';
import { writePrivately } from '../config.ts';
import { connect } from '../session.ts';
import { printLines } from '../shell.ts';
import type { Shell } from '../shell.ts';

interface DumpFlags extends ReadFlags {
  readonly folder?: string;
}

export const dumpCommand = (cluster: Command, shell: Shell): void => {
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
