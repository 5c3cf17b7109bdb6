/** All checks, ours and those of the site, in the order in which they are shown. */

import type { CheckDescription } from '../check.ts';
import type { CheckFile } from '../settings/schema.ts';
import { agent } from './agent.ts';
import { clock } from './clock.ts';
import { dfWith, usualFull } from './df.ts';
import type { NamedMount } from './df.ts';
import { dstate } from './dstate.ts';
import { gpuWith } from './gpu.ts';
import { ipmi } from './ipmi.ts';
import { loadWith, usualLoad } from './load.ts';
import { memoryWith, usualMemory } from './memory.ts';
import { mountsWith } from './mounts.ts';
import { ping } from './ping.ts';
import { power } from './power.ts';
import { scheduler } from './scheduler.ts';
import { commandCheck, nagiosCheck, nhcCheck } from './site.ts';
import { slurmd } from './slurmd.ts';
import { ssh } from './ssh.ts';
import { tcp } from './tcp.ts';
import { uptime } from './uptime.ts';
import { users } from './users.ts';

const mountsIn = (file: CheckFile): NamedMount[] =>
  Object.entries(file.df?.mounts ?? {}).map(([name, mount]) => ({
    name,
    path: mount.path,
    warnAt: mount.warn_at ?? file.df?.warn_at ?? usualFull.warnAt,
    failAt: mount.fail_at ?? file.df?.fail_at ?? usualFull.failAt,
    notSeparate: mount.not_separate ?? 'ok',
  }));

/** @param file what the site says of them; empty: what is usual */
export const checksOf = (file: CheckFile): readonly CheckDescription[] => [
  ...[agent, ping, tcp, ssh, ipmi, power, scheduler, uptime],
  loadWith({ warnPerProcessor: file.load?.warn_per_processor ?? usualLoad.warnPerProcessor }),
  memoryWith({
    warnAt: file.memory?.warn_at ?? usualMemory.warnAt,
    failAt: file.memory?.fail_at ?? usualMemory.failAt,
  }),
  ...dfWith(
    {
      warnAt: file.df?.warn_at ?? usualFull.warnAt,
      failAt: file.df?.fail_at ?? usualFull.failAt,
    },
    mountsIn(file),
  ),
  mountsWith(file.mounts ?? []),
  ...[users, dstate],
  gpuWith({ expected: file.gpus ?? null }),
  ...[slurmd, clock],
  ...(file.commands ?? []).map(commandCheck),
  ...(file.nagios ?? []).map(nagiosCheck),
  ...(file.nhc === undefined ? [] : [nhcCheck({ id: 'nhc', command: file.nhc })]),
];

export const builtIn: readonly CheckDescription[] = checksOf({});
