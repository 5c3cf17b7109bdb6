/** What an agent remembers of a run, so that the next agent can take it over. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  makeFolderSync,
  removeFileSync,
  replaceFile,
  replaceFileSync,
} from '../../disk/lasting-file.ts';
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
 * - `prepared`: it may have an environment file; nothing of it was started;
 * - `intent`: about to be started; a command has not run, a systemd unit may have been started;
 * - `running`: its process exists, or did when an agent last looked;
 * - `ended`, `refused`: over; kept, so that its generation is not started again.
 */
export type Phase = 'prepared' | 'intent' | 'running' | 'ended' | 'refused';

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

/** Whether a run has not begun, as far as its record tells. */
export function isBefore(phase: Phase): boolean {
  return phase === 'prepared' || phase === 'intent';
}

/** Whether a record tells of something that may have been started. */
export function tellsOfRun(record: RunRecord | undefined): boolean {
  return record !== undefined && record.phase !== 'prepared';
}

/** The name of a run, which its processes carry in their environment. */
export function runName({ fid, generation, nonce }: Run): string {
  return `${fid}:${generation}:${nonce}`;
}

/** Undefined where it is not the name of a run. */
export function runOfName(name: string): Run | undefined {
  const [, fid = '', generation, nonce = ''] =
    /^(\w+:\w+):(\d{1,15}):([0-9a-f]{16})$/.exec(name) ?? [];
  return isFid(fid) ? { fid, generation: Number(generation), nonce } : undefined;
}

/** The name of its cgroup. */
export function groupName({ fid, nonce }: Run): string {
  return `${fid}.${nonce}`;
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

/** What stands for the stop timeout of a run until its assignment is known, ms. */
const foundStopMs = 10_000;

/**
 * The record of a run that was found by its processes. Its settings are not known before the next
 * assignment; until then its unit is empty.
 *
 * @param main null where only what it has left behind is there
 */
export function foundRecord(run: Run, main: Main | null, boot: string): RunRecord {
  return {
    version: 1,
    ...run,
    unit: '',
    supervisor: 'exec',
    boot,
    phase: main === null ? 'ended' : 'running',
    main,
    online: false,
    ready: { kind: 'alive', seconds: 0 },
    endpoint: '',
    stop_timeout_ms: foundStopMs,
    code: null,
    signal: null,
    reason: 'was found without a record',
  };
}

/** What is told of a run in a state. */
export function observationOf(record: RunRecord, state: State): Observation {
  const { fid, generation, main, code, signal, reason } = record;
  const { pid, started } = main ?? { pid: null, started: null };
  return { fid, generation, state, pid, started, code, signal, reason };
}

/** What is told of a process of which there is no run. */
export function observationOfNone(
  { fid, generation }: Assignment,
  state: State,
  reason: string,
): Observation {
  return { fid, generation, state, pid: null, started: null, code: null, signal: null, reason };
}

/**
 * The records of one agent: one file a process. They outlive the agent, at any moment, and need not
 * outlive the host: a power cut ends what they are about. What it leaves of them says that the host
 * was rebooted, by the boot it is of, or is torn and says nothing; then the process is started anew
 * by its assignment, as on a host that never ran it. So no start waits for the disk here but the
 * first: its environment file outlives the host, and by the name of the record the file is found.
 */
export class RunRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    makeFolderSync(folder, 0o700);
  }

  /** @throws Error where the disk is full or the folder cannot be written */
  write(record: RunRecord): void {
    replaceFileSync(this.#path(record.fid), textOf(record), 'process');
  }

  /** Writes the first record of a process. There is a file of its name from then on, even after a power cut. */
  writeFirst(record: RunRecord): Promise<void> {
    return replaceFile(this.#path(record.fid), textOf(record));
  }

  remove(fid: string): void {
    removeFileSync(this.#path(fid));
  }

  /** Names of what may be records, and of drafts that never became one. */
  fids(): string[] {
    const names = readdirSync(this.#folder).flatMap((name) => {
      const fid = name.replace(/\.json(\.new)?$/, '');
      return fid !== name && isFid(fid) ? [fid] : [];
    });
    return [...new Set(names)];
  }

  /**
   * @throws {NotARecord} what is there is none, such as a power cut leaves
   * @throws Error where what is there cannot be read now
   */
  read(fid: string): RunRecord {
    return parse(readRegularSync(this.#path(fid), recordBytesMax).toString('utf8'), fid);
  }

  #path(fid: string): string {
    return join(this.#folder, `${fid}.json`);
  }
}

const textOf = (record: RunRecord): string => `${JSON.stringify(record)}\n`;

/** A file does not hold the record that it should. */
export class NotARecord extends Error {}

function parse(text: string, fid: string): RunRecord {
  const record = jsonOf(text) as Partial<RunRecord> | null;
  if (record?.version !== 1) throw new NotARecord('it is not a record of version 1');
  if (record.fid !== fid)
    throw new NotARecord('it is the record of another process than its name says');
  const { generation, nonce, unit, supervisor, boot, phase, main, ready, stop_timeout_ms } = record;
  const isWhole =
    [generation, stop_timeout_ms].every(Number.isSafeInteger) &&
    [nonce, unit, boot, record.endpoint].every((value) => typeof value === 'string') &&
    (supervisor === 'exec' || supervisor === 'systemd') &&
    phases.has(phase!) &&
    typeof ready?.kind === 'string' &&
    (main === null || [main?.pid, main?.started].every(Number.isSafeInteger));
  if (!isWhole) throw new NotARecord('it is not a whole record');
  return record as RunRecord;
}

const phases: ReadonlySet<Phase> = new Set(['prepared', 'intent', 'running', 'ended', 'refused']);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new NotARecord((error as Error).message);
  }
}
