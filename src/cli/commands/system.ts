/** `halctl system`: the hosts, and the parts that Halcyon itself consists of. */

import type { Command } from 'commander';
import type { Shell } from '../shell.ts';
import { hostCommands } from './host.ts';
import { infoCommands } from './info.ts';
import { serviceCommands } from './service.ts';
import { stationCommands } from './station.ts';

export const systemCommands = (program: Command, shell: Shell): void => {
  const system = program
    .command('system')
    .alias('halon')
    .description('hosts, and what Halcyon itself consists of: log, engine, graph');
  hostCommands(system, shell);
  infoCommands(system, shell);
  serviceCommands(system, shell);
  stationCommands(system, shell);
};
