/** `halcyon log init`: makes what a log on servers needs before a station can open it. */

import type { Command } from 'commander';
import { LogUrlError } from '../../log/log.ts';
import { initLog } from '../../log/open.ts';

interface InitFlags {
  readonly log: string;
  readonly role?: string;
}

export const registerLogInit = (log: Command): void => {
  log
    .command('init')
    .description('make the tables of a log on servers, or bring those of an older release up')
    .requiredOption('--log <url>', 'the log, as for `halcyon station`; its user makes the tables')
    .option('--role <name>', 'who runs the stations: gets what they need, and no more')
    .addHelpText(
      'after',
      `
What is there stays as it is: to do it again changes nothing.

Examples:
  halcyon log init --log postgres://admin@db.example.org/halcyon --role station`,
    )
    .action(async ({ log, role }: InitFlags, command: Command) => {
      try {
        for (const line of await initLog(log, { role })) process.stdout.write(`${line}\n`);
      } catch (error) {
        const message = `halcyon log init: ${(error as Error).message}`;
        const isUsage = error instanceof LogUrlError;
        command.error(message, isUsage ? { exitCode: 2, code: 'usage' } : { exitCode: 1 });
      }
    });
};
