/** Groups of processes that the kernel keeps together and bounds as one. */

import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { MemoryLimits } from './assignment.ts';
import { saysGone, saysShort } from './unknown.ts';

/**
 * A cgroup (version 2) a run, where the host allows it: it bounds memory, and holds together what
 * has left its process group.
 */
export class ControlGroups {
  readonly #log: Logger;
  /** The parent of all; undefined where there can be none. */
  #parent: string | undefined;
  #boundsMemory = false;
  #prepared = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Makes the group of a run; undefined where this host does not allow it. */
  make(name: string, memory: MemoryLimits): string | undefined {
    this.#prepare();
    if (this.#parent === undefined) return undefined;
    const group = join(this.#parent, name);
    try {
      mkdirSync(group, { recursive: true });
      if (memory.rss > 0 && this.#boundsMemory)
        writeFileSync(join(group, 'memory.max'), String(memory.rss));
      return group;
    } catch (error) {
      if (saysShort(error)) throw error;
      this.#log.warn({ err: error, group }, 'cannot set up a cgroup; its limits are not enforced');
      return undefined;
    }
  }

  /**
   * Pids in the group of a run; none where there is no group.
   *
   * @throws Error where that cannot be found out
   */
  members(name: string): number[] {
    this.#prepare();
    if (this.#parent === undefined) return [];
    try {
      const text = readFileSync(join(this.#parent, name, 'cgroup.procs'), 'latin1');
      return text.split('\n').filter(Boolean).map(Number);
    } catch (error) {
      // ENODEV: it was removed between opening and reading.
      if (saysGone(error) || (error as NodeJS.ErrnoException).code === 'ENODEV') return [];
      throw error;
    }
  }

  /** The names of all groups, of whichever agent. */
  names(): string[] {
    this.#prepare();
    return this.#parent === undefined ? [] : readdirSync(this.#parent);
  }

  /** Removes an empty group. */
  remove(name: string): void {
    if (this.#parent === undefined) return;
    try {
      rmdirSync(join(this.#parent, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#log.debug({ err: error, group: name }, 'a cgroup stays');
    }
  }

  /** @throws Error where what the host allows cannot be found out */
  #prepare(): void {
    if (this.#prepared) return;
    const root = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'latin1'))?.[1];
    if (root === undefined)
      this.#log.info('no cgroup version 2 on this host: memory is bounded by prlimit only');
    else this.#prepareIn(root);
    this.#prepared = true;
  }

  #prepareIn(root: string): void {
    const parent = join(root, 'halcyon');
    try {
      mkdirSync(parent, { recursive: true });
      // Making a folder may be allowed where moving processes is not.
      accessSync(join(root, 'cgroup.procs'), constants.W_OK);
    } catch (error) {
      if (saysShort(error)) throw error;
      const { message } = error as Error;
      this.#log.info({ message }, 'cgroups cannot be made: memory is bounded by prlimit only');
      return;
    }
    this.#parent = parent;
    try {
      for (const folder of [root, parent])
        writeFileSync(join(folder, 'cgroup.subtree_control'), '+memory');
      this.#boundsMemory = true;
    } catch (error) {
      if (saysShort(error)) throw error;
      const { message } = error as Error;
      this.#log.info({ message }, 'cgroups cannot bound memory here: prlimit does only');
    }
  }
}
