/** `halcyon log copy`: takes a whole log to another place, of whatever kind each is. */

import type { Command } from 'commander';
import { copyCommits } from '../../log/copying.ts';
import { LogUrlError } from '../../log/log.ts';
import type { EventLog } from '../../log/log.ts';
import { openLog } from '../../log/open.ts';
import type { Register } from '../../log/register.ts';
import { replayLog } from '../../station/replica/replay.ts';
import type { Replayed } from '../../station/replica/replay.ts';
import { figures, orFail, print, shownFigures } from './shown.ts';
import type { ProgressLine } from './shown.ts';

interface Copied {
  readonly from: Replayed;
  readonly to: Replayed;
  /** Commits that the other log had already. */
  readonly had: number;
  /** `copied`, or why not: there are none, or they are not in the log. */
  readonly secrets: 'copied' | 'none' | 'to servers' | 'from servers' | 'by hand';
}

export const registerLogCopy = (log: Command): void => {
  log
    .command('copy')
    .description('copy a whole log to another place, which may be of another kind')
    .argument('<from>', 'the log, as for `halcyon station --log`')
    .argument('<to>', 'where it goes: an empty log, or one that holds the beginning of it')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Stop the station first, and start it with the other log when this has ended with 0. Whatever ends it
on the way, run it again: it goes on where it was. Both logs are read in the end, and must be the same.
Nothing of <from> is changed. A log on servers is made with \`halcyon log init\` before.

The station's key is never in a log: keep the data directory, or copy station.key from it by hand.
Secrets are copied from servers to servers. From a directory to servers, the first station that starts
there takes secrets.json of its data directory along.

Examples:
  halcyon log copy sqlite:/var/lib/halcyon postgres://halcyon@db.example.org/halcyon
  halcyon log copy postgres://halcyon@db.example.org/halcyon sqlite:/srv/halcyon-copy

Exit codes: 0 both are the same, 1 they are not or it failed, 2 wrong usage.`,
    )
    .action((from: string, to: string, { json }: { json?: true }, command: Command) =>
      orFail('copy', command, async (line) => {
        const copied = await copy(from, to, line);
        line.clear();
        if (json) return print(JSON.stringify(asJson(copied)));
        print(`from: ${shownFigures(copied.from)}`);
        print(`to:   ${shownFigures(copied.to)}`);
        const { head } = copied.to;
        print(`both are the same; ${head - copied.had} of ${head} commits were copied now`);
        print(told[copied.secrets]);
      }),
    );
};

const told: Readonly<Record<Copied['secrets'], string>> = {
  copied: 'The sealed secrets were copied as well; they need the same station.key.',
  none: 'There were no secrets to be copied.',
  'to servers':
    'The secrets were not copied. The first station that starts with the copy takes them there from ' +
    'secrets.json in its data directory: start that one first, with the same station.key.',
  'from servers':
    'The secrets were not copied: they stay on the servers. A station with the copy reads secrets.json ' +
    'in its data directory; what is not there has to be given anew.',
  'by hand':
    'The secrets are not in the log: keep the data directory with station.key and secrets.json, or ' +
    'copy these two by hand.',
};

const asJson = ({ from, to, had, secrets }: Copied): object => ({
  from: figures(from),
  to: figures(to),
  copied: to.head - had,
  secrets,
});

const copy = async (fromUrl: string, toUrl: string, line: ProgressLine): Promise<Copied> => {
  for (const url of [fromUrl, toUrl])
    if (url.startsWith('memory:'))
      throw new LogUrlError('a log in memory is nobody else’s', 'give one that lasts');
  if (fromUrl === toUrl) throw new LogUrlError('both are one', 'give another place to copy to');
  const from = await openLog(fromUrl, { mustExist: true });
  try {
    const to = await openLog(toUrl);
    try {
      return await between(from, to, line);
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
};

const between = async (from: EventLog, to: EventLog, line: ProgressLine): Promise<Copied> => {
  const had = to.head();
  await mustBeBeginning(to, from);
  const head = from.head();
  await copyCommits(from, to, (at) => line.show('copied', at, head));
  const secrets = await copySecrets(from, to);
  const read = (log: EventLog, which: string): Promise<Replayed> =>
    replayLog(log, (at) => line.show(`verified ${which}`, at, head));
  const copied = { from: await read(from, 'from'), to: await read(to, 'to'), had, secrets };
  if (!isSame(copied.from, copied.to))
    throw new Error(
      `the copy is not the same: from ${shownFigures(copied.from)}, to ${shownFigures(copied.to)}; ` +
        'do not use it',
    );
  return copied;
};

/** @throws Error it holds something else */
const mustBeBeginning = async (to: EventLog, from: EventLog): Promise<void> => {
  const head = to.head();
  if (head === 0) return;
  const there = await from.checksum(head);
  if (there !== undefined && there === (await to.checksum(head))) return;
  throw new Error(
    `the log to copy to has ${head} commits already, which are not the first ${head} of the other; ` +
      'nothing was changed. Give an empty log, or one where a copy of this log was begun',
  );
};

const copySecrets = async (from: EventLog, to: EventLog): Promise<Copied['secrets']> => {
  if (!from.shared) return to.shared ? 'to servers' : 'by hand';
  if (!to.shared) return 'from servers';
  const [source, target] = [from, to].map((log) => log.shared!.register('secrets')) as [
    Register,
    Register,
  ];
  const secrets = await source.read();
  if (!secrets) return 'none';
  const there = await target.read();
  if (there && there.value.equals(secrets.value)) return 'copied';
  if ((await target.replace(there?.version ?? 0, secrets.value)) !== undefined) return 'copied';
  throw new Error(
    'a station puts secrets into the log that is copied to; stop it, and run this again',
  );
};

const isSame = (one: Replayed, other: Replayed): boolean =>
  one.head === other.head && one.checksum === other.checksum && one.digest === other.digest;
