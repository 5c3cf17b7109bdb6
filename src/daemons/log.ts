/** `halcyon log`: what is done to a log while no station runs on it, or before the first one does. */

import type { Command } from 'commander';
import { registerLogCopy } from './log-commands/copy.ts';
import { registerLogInit } from './log-commands/init.ts';
import { registerLogVerify } from './log-commands/verify.ts';

/** A subcommand each. */
const subcommands: readonly ((log: Command) => void)[] = [
  registerLogInit,
  registerLogCopy,
  registerLogVerify,
];

export const registerLog = (program: Command): void => {
  const log = program
    .command('log')
    .description('make logs ready, copy them and verify them, while no station runs on them');
  for (const register of subcommands) register(log);
};
