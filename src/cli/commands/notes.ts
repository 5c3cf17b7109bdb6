/** `halctl note`, and `halctl status history`: what people wrote down about a machine, and what happened to it. */

import type { Command } from 'commander';
import type { Done, HistoryEntry, HistoryPage, NoteList } from '../../client/types.ts';
import {
  changeOptions,
  gather,
  show,
  showChange,
  wholeNumber,
  withChange,
  withExamples,
  withJson,
  withWork,
} from '../command.ts';
import type { ChangeFlags, JsonFlag } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { momentOf } from '../moment.ts';
import { formatTable } from '../output/table.ts';
import { formatTime } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

const name = 'its name in the cluster, like n0001.savio3';

export const noteCommands = (program: Command, shell: Shell): void => {
  const add = async (flags: ChangeFlags, fqdn: string, words: readonly string[]): Promise<void> => {
    const text = words.join(' ');
    if (text.trim() === '' || /\p{Cc}/u.test(text))
      throw new Failure('usage', 'a note is a text of one line', 'See: halctl note --help');
    const client = await connect(shell, flags);
    const reply = await client.addNote(fqdn, { text }, changeOptions(shell, flags));
    await showChange(shell, flags, reply, (_done: Done) => [`${fqdn}: noted.`]);
  };
  const note = program
    .command('note')
    .description('write something down about a machine; it is shown with it, and in its history')
    .argument('<machine>', name)
    .argument('<text...>', 'one line');
  withExamples(
    withWork(withChange(note), add),
    "halctl note n0001.savio3 'the disk in bay 3 is slow'",
  );

  const list = async (flags: JsonFlag & GlobalFlags, fqdn: string): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.listNotes(fqdn, { signal: shell.signal });
    show(shell, flags, reply, ({ notes }) =>
      notes.length === 0
        ? [`Nobody has written anything down about ${fqdn}.`]
        : formatTable<NoteList['notes'][number]>(
            [
              { title: 'WHEN', value: ({ at }) => formatTime(at) },
              { title: 'BY', value: ({ by }) => by, yields: 2 },
              { title: 'NOTE', value: ({ text }) => text, yields: 1 },
            ],
            notes,
            shell.width,
          ),
    );
  };
  withExamples(
    withWork(
      withJson(
        note
          .command('list')
          .description('show the last notes about a machine, newest first')
          .argument('<machine>', name),
      ),
      list,
    ),
    'halctl note list n0001.savio3',
  );
};

interface HistoryFlags extends JsonFlag, GlobalFlags {
  readonly since?: string;
  readonly until?: string;
  readonly kind?: readonly string[];
  readonly limit?: number;
}

const usualLimit = 100;

export const historyCommand = (status: Command, shell: Shell): void => {
  const time = (text: string | undefined, flag: string): number | undefined => {
    if (text === undefined) return undefined;
    const moment = momentOf(shell, text);
    const ms = typeof moment === 'number' ? moment : Date.parse(moment ?? '');
    if (Number.isFinite(ms) && ms >= 1e12) return ms;
    throw new Failure('usage', `${flag} is a time, like 2026-11-21T10:00:00Z`);
  };
  const run = async (flags: HistoryFlags, fqdn: string): Promise<void> => {
    const client = await connect(shell, flags);
    const { kind, limit = usualLimit } = flags;
    const entries: HistoryEntry[] = [];
    let page: HistoryPage | undefined;
    let cursor: string | undefined;
    do {
      page = await client.machineHistory(fqdn, {
        ...{ since: time(flags.since, '--since'), until: time(flags.until, '--until') },
        ...{ kind, cursor, limit: Math.min(1000, limit - entries.length), signal: shell.signal },
      } as never);
      entries.push(...page.entries);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined && entries.length < limit);
    const reply = { ...page, entries: entries.slice(0, Math.max(limit, 0)) };
    show(shell, flags, reply, ({ entries }) =>
      entries.length === 0
        ? ['Nothing is known of that.']
        : formatTable<HistoryEntry>(
            [
              { title: 'WHEN', value: ({ at }) => formatTime(at) },
              { title: 'KIND', value: ({ kind }) => kind },
              { title: 'BY', value: ({ by }) => by, yields: 2 },
              { title: 'WHAT', value: ({ text }) => text, yields: 1 },
            ],
            entries,
            shell.width,
          ),
    );
  };
  withExamples(
    withWork(
      withJson(
        status
          .command('history')
          .description('what happened to a machine, newest first')
          .argument('<machine>', name)
          .option('--since <time>', 'not before, like 2026-11-21T10:00:00Z')
          .option('--until <time>', 'not after')
          .option(
            '--kind <kind>',
            'only boot, check, power, console, process, operation, maintenance, recovery, note, project, hardware or other; ' +
              'repeatable',
            gather,
          )
          .option('--limit <number>', `stop after so many; ${usualLimit} as usual`, wholeNumber),
      ),
      run,
    ),
    'halctl status history n0001.savio3',
    'halctl status history n0001.savio3 --kind power --since 2026-11-21T10:00:00Z',
  );
};
