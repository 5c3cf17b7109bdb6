#!/usr/bin/env -S node --disable-sigusr1
/**
 * `halcyon`: the daemons. Each is loaded only when it is asked for, so that an agent does not carry
 * a station in its memory.
 */

import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError } from 'commander';

// Node.js opens its debugger to everybody on this machine when it comes; this is for where the option
// above was left out.
process.on('SIGUSR1', () => undefined);

// Who reads what is written here, `head` for one, may have read enough: that is no failure of a tool,
// and no reason for a daemon to end.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

const daemons: Readonly<Record<string, (program: Command) => Promise<void>>> = {
  station: async (program) => (await import('./daemons/station.ts')).registerStation(program),
  agent: async (program) => {
    // An agent is idle most of the time: memory is dearer to it than speed, and room for young objects
    // that grows with its start would stay with it. 3 MiB of it.
    setFlagsFromString('--semi-space-growth-factor=1');
    setFlagsFromString('--optimize-for-size');
    (await import('./daemons/agent.ts')).registerAgent(program);
  },
  obmd: async (program) => (await import('./daemons/obmd.ts')).registerObmd(program),
  log: async (program) => (await import('./daemons/log.ts')).registerLog(program),
};

const examples = `
Examples:
  halcyon station --data /var/lib/halcyon
  halcyon agent --station https://station:7400 --token-file /etc/halcyon/agent.token
  halcyon obmd --data /var/lib/halcyon-obmd

Exit codes: 0 stopped as told, 1 failed, 2 wrong usage.`;

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { readonly version: string };

const program = new Command('halcyon')
  .description('the daemons of Halcyon; halctl is the tool of its operators')
  .version(version)
  .addHelpText('after', examples)
  .exitOverride();

const [wanted = ''] = process.argv.slice(2);
const register = Object.hasOwn(daemons, wanted) ? [daemons[wanted]!] : Object.values(daemons);
for (const load of register) await load(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // `command.error` is how a daemon says that it cannot start; the other codes are of wrong usage.
  const isUsage = error.exitCode !== 0 && error.code !== 'commander.error';
  process.exitCode = isUsage ? 2 : error.exitCode;
}
