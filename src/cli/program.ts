/** The tree of halctl's commands. */

import { Command } from 'commander';
import { auditCommand } from './commands/audit.ts';
import { authCommands } from './commands/auth.ts';
import { checkCommands } from './commands/check.ts';
import { clusterCommands } from './commands/cluster.ts';
import { completionCommands } from './commands/completion.ts';
import { configCommands } from './commands/config.ts';
import { fleetCommands } from './commands/fleet.ts';
import { eventsCommands } from './commands/events.ts';
import { execCommand } from './commands/exec.ts';
import { groupCommands } from './commands/group.ts';
import { maintenanceCommands } from './commands/maintenance.ts';
import { nodesetCommands } from './commands/nodeset.ts';
import { nodeActionCommands } from './commands/node-actions.ts';
import { noteCommands } from './commands/notes.ts';
import { obmCommands } from './commands/obm.ts';
import { operationCommand } from './commands/operation.ts';
import { projectCommands } from './commands/project.ts';
import { runCommand } from './commands/run.ts';
import { rebootCommand } from './commands/reboot.ts';
import { suggestCommands } from './commands/suggest.ts';
import { systemCommands } from './commands/system.ts';
import type { Shell } from './shell.ts';
import { version } from './version.ts';

const afterHelp = `
The station is found by --station, else HALCYON_STATION, else the current context (halctl config).
The token is read from --token-file, else HALCYON_TOKEN, else the file that HALCYON_TOKEN_FILE names, else the context.
The certificates of --ca are found the same way: HALCYON_CA, else the context.
There is no flag for the token itself: other users of a machine can read the arguments of your commands.

Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 rejected by a rule, 5 unreachable, 6 not allowed.`;

/** Where an unknown command or flag was written, so that help on that place can be offered. */
const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;

const offerHelp = (command: Command): void => {
  command.showHelpAfterError(`See: ${pathOf(command)} --help`);
  for (const child of command.commands) offerHelp(child);
};

/**
 * All commands, working in the given shell. Parsing throws a `CommanderError` where it would
 * otherwise exit.
 */
export const createProgram = (shell: Shell): Command => {
  const program = new Command('halctl')
    .description("Halcyon's tool for operators")
    .version(version(), '-V, --version', 'show the version')
    .option('--station <url>', 'URL of the station, or of several separated by commas')
    .option('--context <context>', 'talk to the stations of this context')
    .option('--token-file <file>', 'file with the token')
    .option('--ca <file>', "PEM certificates to trust instead of the system's")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shell.print(text),
      writeErr: (text) => shell.say(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'halctl: ')),
      getOutHelpWidth: () => shell.width ?? 100,
      getErrHelpWidth: () => shell.width ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText('after', afterHelp);
  clusterCommands(program, shell);
  systemCommands(program, shell);
  projectCommands(program, shell);
  maintenanceCommands(program, shell);
  suggestCommands(program, shell);
  checkCommands(program, shell);
  rebootCommand(program, shell);
  obmCommands(program, shell);
  groupCommands(program, shell);
  nodesetCommands(program, shell);
  nodeActionCommands(program, shell);
  operationCommand(program, shell);
  runCommand(program, shell);
  fleetCommands(program, shell);
  execCommand(program, shell);
  noteCommands(program, shell);
  eventsCommands(program, shell);
  auditCommand(program, shell);
  authCommands(program, shell);
  configCommands(program, shell);
  completionCommands(program, shell);
  offerHelp(program);
  return program;
};
