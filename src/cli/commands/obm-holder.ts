/** `halctl obm holder`: who has machines, since when and why, and what waits for them. */

import type { Command } from 'commander';
import type { Holder } from '../../client/types.ts';
import { show, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { machinesOf } from '../nodesets.ts';
import { formatTable } from '../output/table.ts';
import { formatTime, printable } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

/** Asked at a time. */
const atATime = 32;

export const holderCommand = (obm: Command, shell: Shell): void => {
  const run = async (flags: GlobalFlags & JsonFlag, nodesets: readonly string[]): Promise<void> => {
    const hosts = await machinesOf(shell, flags, nodesets);
    const client = await connect(shell, flags);
    const found: Holder[] = [];
    for (let i = 0; i < hosts.length; i += atATime) {
      const batch = hosts.slice(i, i + atATime);
      found.push(
        ...(await Promise.all(
          batch.map((host) => client.getHolder(host, { signal: shell.signal })),
        )),
      );
    }
    show(shell, flags, { items: found }, ({ items }) => holderLines(items, shell.width));
  };
  withExamples(
    withWork(
      withJson(
        obm
          .command('holder')
          .description('who has machines, since when and why, and what waits for them')
          .argument('<nodeset...>', "machines: n0001.example, or 'n[0001-0100].savio3'"),
      ),
      run,
    ),
    'halctl obm holder n0001.example',
  );
};

interface Line {
  readonly host: string;
  readonly is: string;
  readonly operation: string;
  readonly what: string;
  readonly by: string;
  readonly since: number | null;
}

const linesOf = ({ host, holder, waiting, maintenance }: Holder): Line[] => {
  const turns = [
    ...(holder ? [{ ...holder, is: 'has it' }] : []),
    ...waiting.map((turn) => ({ ...turn, is: 'waits' })),
  ].map(({ is, operation, what, stage, by_names: by, since }): Line => {
    const text = is === 'waits' ? what : `${what}: ${stage}`;
    const asked = by.length === 0 ? 'station' : by.join(', ');
    return { host, is, operation: String(operation), what: text, by: asked, since };
  });
  const paused: Line[] = maintenance
    ? [
        {
          ...{ host, is: 'maintenance', operation: '-', what: printable(maintenance.reason) },
          ...{ by: maintenance.by_name ?? maintenance.by, since: maintenance.since },
        },
      ]
    : [];
  const all = [...turns, ...paused];
  if (all.length > 0) return all;
  return [{ host, is: 'free', operation: '-', what: '', by: '', since: null }];
};

const holderLines = (found: readonly Holder[], width: number | undefined): string[] =>
  formatTable<Line>(
    [
      { title: 'HOST', value: ({ host }) => host, yields: 1 },
      { title: 'IS', value: ({ is }) => is },
      { title: 'OPERATION', value: ({ operation }) => operation, align: 'right' },
      { title: 'WHAT', value: ({ what }) => what, yields: 3 },
      { title: 'BY', value: ({ by }) => by, yields: 2 },
      { title: 'SINCE', value: ({ since }) => (since === null ? '-' : formatTime(since)) },
    ],
    found.flatMap(linesOf),
    width,
  );
