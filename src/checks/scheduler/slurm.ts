/** Slurm, asked by its own programs. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { NodesetError, readNodeset } from '../../nodeset/nodeset.ts';
import { environment, outputOf, ProgramError } from '../program.ts';
import type { Scheduler, SchedulerControl, SchedulerRow, SchedulerSaid } from './row.ts';
import { nodeTexts, readNode } from './slurm-json.ts';

export interface SlurmOptions {
  /** Seconds that each of its programs may take; sinfo itself gives up after ten. */
  readonly limitSeconds: number;
  /** Where `slurm.conf` is; absent: as Slurm finds it. */
  readonly conf?: string;
}

/** 10,000 nodes are 12 MB. */
const nodesBytesMax = 128 * 1024 * 1024;
const jobsBytesMax = 16 * 1024 * 1024;
/** How long the event loop is held at a time, ms. */
const sliceMs = 8;

/** The same answer by two ways: the first is there from 23.02 on, and Debian 12 has the second. */
const ways: readonly (readonly [string, ...string[]])[] = [
  ['scontrol', 'show', 'nodes', '--json'],
  ['sinfo', '--json'],
];

const rowsOf = async (json: string, signal: AbortSignal): Promise<readonly SchedulerRow[]> => {
  const rows: SchedulerRow[] = [];
  let began = performance.now();
  for (const text of nodeTexts(json)) {
    rows.push(readNode(text));
    if (performance.now() - began < sliceMs) continue;
    await nextTurn();
    signal.throwIfAborted();
    began = performance.now();
  }
  return rows;
};

/** How many jobs hold each node. */
const countJobs = async (text: string): Promise<ReadonlyMap<string, number>> => {
  const counts = new Map<string, number>();
  let began = performance.now();
  for (const line of text.split('\n')) {
    const list = line.trim();
    if (list === '' || list === '(null)') continue;
    try {
      for (const node of readNodeset(list)) counts.set(node, (counts.get(node) ?? 0) + 1);
    } catch (error) {
      if (!(error instanceof NodesetError)) throw error;
      throw new ProgramError(`squeue names nodes that cannot be read: ${error.message}`);
    }
    if (performance.now() - began < sliceMs) continue;
    await nextTurn();
    began = performance.now();
  }
  return counts;
};

export class Slurm implements Scheduler {
  readonly kind = 'slurm';
  readonly #options: SlurmOptions;
  /** The way that worked last. */
  #way = 0;

  constructor(options: SlurmOptions) {
    this.#options = options;
  }

  async ask(signal: AbortSignal): Promise<SchedulerSaid> {
    const nodes = await this.#nodes(signal);
    const jobs = await this.#jobs(signal);
    const rows = jobs && nodes.map((row) => ({ ...row, jobs: jobs.get(row.node) ?? 0 }));
    return { rows: rows ?? nodes };
  }

  readonly control: SchedulerControl = {
    drain: (node, reason, signal) =>
      this.#update([`NodeName=${node}`, 'State=DRAIN', `Reason=${reason}`], signal),
    resume: (node, signal) => this.#update([`NodeName=${node}`, 'State=RESUME'], signal),
  };

  async #update(words: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#run('scontrol', ['update', ...words], jobsBytesMax, signal);
  }

  async #nodes(signal: AbortSignal): Promise<readonly SchedulerRow[]> {
    try {
      return await this.#by(this.#way, signal);
    } catch (error) {
      const other = 1 - this.#way;
      // Where it hangs, it hangs for both.
      if (signal.aborted || /did not answer/.test((error as Error).message)) throw error;
      const rows = await this.#by(other, signal);
      this.#way = other;
      return rows;
    }
  }

  async #by(way: number, signal: AbortSignal): Promise<readonly SchedulerRow[]> {
    const [program, ...args] = ways[way]!;
    const json = await this.#run(program, args, nodesBytesMax, signal);
    return rowsOf(json, signal);
  }

  /** null where it cannot be found out: that no job runs is nothing to guess. */
  async #jobs(signal: AbortSignal): Promise<ReadonlyMap<string, number> | null> {
    try {
      const args = ['--noheader', '--states=running,completing,suspended', '--format=%N'];
      return await countJobs(await this.#run('squeue', args, jobsBytesMax, signal));
    } catch (error) {
      if (error instanceof ProgramError) return null;
      throw error;
    }
  }

  async #run(
    program: string,
    args: readonly string[],
    outputBytesMax: number,
    signal: AbortSignal,
  ): Promise<string> {
    const { conf, limitSeconds } = this.#options;
    const env = {
      ...environment(['SLURM_CONF']),
      ...(conf === undefined ? {} : { SLURM_CONF: conf }),
    };
    const output = await outputOf({ program, args, env, limitSeconds, outputBytesMax }, signal);
    return output.toString('utf8');
  }
}
