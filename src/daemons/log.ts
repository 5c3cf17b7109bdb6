/** `halcyon log`: what is done to a log while no station runs on it, or before the first one does. */

import type { Command } from 'commander';
import { registerLogInit } from './log-commands/init.ts';

/** A subcommand each. */
const subcommands: readonly ((log: Command) => void)[] = [registerLogInit];

export const registerLog = (program: Command): void => {
  const log = program
    .command('log')
    .description('make logs ready that are not in a data directory');
  for (const register of subcommands) register(log);
};
