/** What an agent remembers of a run, so that the next agent can take it over. */

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolderSync, replaceFileSync } from '../../disk/lasting-file.ts';
import { readRegularSync } from '../../disk/regular-file.ts';
import { isFid } from './assignment.ts';
import type { Assignment, Observation, Readiness, State } from './assignment.ts';
import type { Main } from './proc.ts';

/** Of a record; one has a few hundred. */
const recordBytesMax = 1024 * 1024;

export interface Run {
  readonly fid: string;
  readonly generation: number;
  /** Random, so that no two starts are mistaken for each other. */
  readonly nonce: string;
}

/**
 * - `intent`: about to be started; a command has not run, a systemd unit may have been started;
 * - `running`: its process exists, or did when an agent last looked;
 * - `ended`, `refused`: over; kept, so that its generation is not started again.
 */
export type Phase = 'intent' | 'running' | 'ended' | 'refused';

export interface RunRecord extends Run {
  readonly version: 1;
  readonly unit: string;
  readonly supervisor: 'exec' | 'systemd';
  /** Of the boot in which the run began. */
  readonly boot: string;
  readonly phase: Phase;
  /** Null before the pid is known. */
  readonly main: Main | null;
  /** Whether it was ever ready. */
  readonly online: boolean;
  readonly ready: Readiness;
  readonly endpoint: string;
  readonly stop_timeout_ms: number;
  readonly code: number | null;
  readonly signal: string | null;
  readonly reason: string;
}

/** The name of a run, which its processes carry in their environment. */
export function runName({ fid, generation, nonce }: Run): string {
  return `${fid}:${generation}:${nonce}`;
}

/** The record of a run that is about to begin. */
export function intended(assignment: Assignment, nonce: string, boot: string): RunRecord {
  const { fid, unit, generation, command, ready, endpoint, stop_timeout_ms } = assignment;
  return {
    version: 1,
    fid,
    generation,
    nonce,
    unit,
    supervisor: command.length === 0 ? 'systemd' : 'exec',
    boot,
    phase: 'intent',
    main: null,
    online: false,
    ready,
    endpoint,
    stop_timeout_ms,
    code: null,
    signal: null,
    reason: '',
  };
}

/** What is told of a run in a state. */
export function observationOf(record: RunRecord, state: State): Observation {
  const { fid, generation, main, code, signal, reason } = record;
  const { pid, started } = main ?? { pid: null, started: null };
  return { fid, generation, state, pid, started, code, signal, reason };
}

/**
 * The records of one agent: one file a process. They outlive the agent, at any moment, and need not
 * outlive the host: a power cut ends what they are about. What it leaves of them says that the host
 * was rebooted, by the boot it is of, or is missing or torn and says nothing; then the process is
 * started anew by its assignment, as on a host that never ran it. So no start waits for the disk
 * here.
 */
export class RunRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    makeFolderSync(folder, 0o700);
  }

  /** @throws Error where the disk is full or the folder cannot be written */
  write(record: RunRecord): void {
    replaceFileSync(this.#path(record.fid), `${JSON.stringify(record)}\n`, 'process');
  }

  remove(fid: string): void {
    rmSync(this.#path(fid), { force: true });
  }

  /** Every record that can be read; `unreadable` hears of the others, such as a power cut leaves. */
  read(unreadable: (file: string, error: Error) => void): RunRecord[] {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => {
        const file = join(this.#folder, name);
        try {
          return [parse(readRegularSync(file, recordBytesMax).toString('utf8'), name)];
        } catch (error) {
          unreadable(file, error as Error);
          return [];
        }
      });
  }

  #path(fid: string): string {
    return join(this.#folder, `${fid}.json`);
  }
}

function parse(text: string, name: string): RunRecord {
  const record = JSON.parse(text) as Partial<RunRecord> | null;
  const { fid, version } = record ?? {};
  if (version !== 1) throw new Error('it is not a record of version 1');
  if (fid === undefined || !isFid(fid) || name !== `${fid}.json`)
    throw new Error('it is the record of another process than its name says');
  return record as RunRecord;
}
