/** The checks that need no file of the site, in the order in which they are shown. */

import type { CheckDescription } from '../check.ts';
import { agent } from './agent.ts';
import { ipmi } from './ipmi.ts';
import { load } from './load.ts';
import { memory } from './memory.ts';
import { ping } from './ping.ts';
import { power } from './power.ts';
import { scheduler } from './scheduler.ts';
import { ssh } from './ssh.ts';
import { tcp } from './tcp.ts';
import { uptime } from './uptime.ts';

export const builtIn: readonly CheckDescription[] = [
  ...[agent, ping, tcp, ssh, ipmi, power, scheduler],
  ...[uptime, load, memory],
];
