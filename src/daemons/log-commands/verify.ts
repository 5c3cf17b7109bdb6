/** `halcyon log verify`: reads all of a log, and says what it is or what is wrong with it. */

import type { Command } from 'commander';
import { openLog } from '../../log/open.ts';
import { replayLog, UnreadableCommitError } from '../../station/replica/replay.ts';
import { figures, orFail, print, shownFigures } from './shown.ts';

export const registerLogVerify = (log: Command): void => {
  log
    .command('verify')
    .description('read all of a log, and say what it is or what is wrong with it')
    .argument('<url>', 'the log, as for `halcyon station --log`')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Every commit is read and compared with the chain of checksums, every event with what its type must
have, and the graph is made of all. Nothing is changed. Of a log on a disk, the station must be stopped;
run it as the user of the station.

Two logs with one revision and one checksum are the same; one digest says that they make the same graph.

Examples:
  halcyon log verify sqlite:/var/lib/halcyon
  halcyon log verify postgres://halcyon@db.example.org/halcyon --json

Exit codes: 0 all is well, 1 it is damaged or cannot be read, 2 wrong usage.`,
    )
    .action((url: string, { json }: { json?: true }, command: Command) =>
      orFail('verify', command, async (line) => {
        const log = await openLog(url, { mustExist: true });
        try {
          const head = log.head();
          const found = await replayLog(log, (at) => line.show('verified', at, head));
          line.clear();
          if (json) return print(JSON.stringify({ ok: true, ...figures(found) }));
          for (const [type, count] of found.unknown)
            print(`${count} events ${type} are not known to this version, and skipped`);
          print(`all is well: ${found.events} events, ${shownFigures(found)}`);
        } catch (error) {
          if (!(error instanceof UnreadableCommitError)) throw error;
          line.clear();
          const at = error.good + 1;
          if (json) print(JSON.stringify({ ok: false, revision: at, problem: error.message }));
          throw new Error(`up to revision ${error.good} all is well; at ${at}: ${error.message}`, {
            cause: error,
          });
        } finally {
          await log.close();
        }
      }),
    );
};
