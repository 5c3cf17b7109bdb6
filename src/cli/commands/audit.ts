/** `halctl audit`: who did what. */

import type { Command } from 'commander';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import type { Audit, Deed } from '../../client/types.ts';
import { show, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { duration } from '../duration.ts';
import { formatTable } from '../output/table.ts';
import { formatTime } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

interface AuditFlags extends GlobalFlags, JsonFlag {
  readonly host?: string;
  readonly actor?: string;
  readonly since?: number;
}

/** Deeds that are shown at most: whoever wants more says since when. */
const deedsMax = 10_000;

export const auditCommand = (program: Command, shell: Shell): void => {
  const run = async ({ host, actor, since, ...flags }: AuditFlags): Promise<void> => {
    const client = await connect(shell, flags);
    const items: Deed[] = [];
    let page: Audit | undefined;
    do {
      page = await client.audit({
        signal: shell.signal,
        ...(host === undefined ? {} : { host }),
        ...(actor === undefined ? {} : { actor }),
        ...(since === undefined ? {} : { since: Date.now() - since * 1000 }),
        ...(typeof page?.next === 'number' ? { from: page.next } : {}),
        limit: 1000,
      });
      items.push(...page.items);
    } while (page.next !== null && items.length < deedsMax);
    show(shell, flags, { ...page, items }, () => table(items, shell.width));
    if (page.next !== null) shell.say('There is more: say since when, or which host.\n');
  };
  withExamples(
    withWork(
      withJson(
        program
          .command('audit')
          .description('who did what to which machine, when, and by which grant; oldest first')
          .option('--host <fqdn>', 'only what was done to this machine')
          .option('--actor <name>', 'only what this user did, or the token of this id')
          .option('--since <duration>', 'only the last so long, like 12h or 7d', duration),
      ),
      run,
    ),
    'halctl audit --since 24h',
    'halctl audit --host n0001.savio3 --actor ada',
  );
};

const who = ({ user, name, actor }: Deed): string =>
  user ?? (name === null ? actor : `${name} (${actor})`);

const table = (items: readonly Deed[], width: number | undefined): string[] => [
  ...formatTable<Deed>(
    [
      { title: 'WHEN', value: ({ at }) => formatTime(at) },
      { title: 'WHO', value: who, yields: 2 },
      { title: 'WHAT', value: ({ type }) => type },
      {
        title: 'HOSTS',
        value: ({ hosts }) => (hosts.length === 0 ? '-' : foldNodeset(hosts)),
        yields: 3,
      },
      { title: 'GRANT', value: ({ grant }) => grant ?? '-' },
      { title: 'REASON', value: ({ reason }) => reason ?? '-', yields: 1 },
    ],
    items,
    width,
  ),
];
