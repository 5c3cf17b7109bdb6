/** Calls systemctl: what it is asked, and how its answers are read. */

import { execFile } from 'node:child_process';
import { constants } from 'node:os';
import { promisify } from 'node:util';
import type { End } from './supervisor.ts';
import { saysShort } from './unknown.ts';

const run = promisify(execFile);

/** Longest time that a call may take, ms. No call waits for a unit. */
const callMs = 30_000;

export interface UnitStatus {
  /** `loaded`, `not-found`, `masked`, … */
  readonly load: string;
  /** `active`, `reloading`, `inactive`, `failed`, `activating` or `deactivating`. */
  readonly active: string;
  /** 0 where there is none. */
  readonly mainPid: number;
  /** Whether a start or a stop is queued. */
  readonly busy: boolean;
  readonly end: End;
}

/** The host has no systemd. */
export class NoSystemctl extends Error {}

/** It could not be run, or took too long: what it was asked for may have come about or not. */
export class NoAnswer extends Error {}

interface CallError extends Error {
  readonly code?: unknown;
  readonly killed?: boolean;
  readonly stderr?: string;
}

const properties = [
  'LoadState',
  'ActiveState',
  'MainPID',
  'Job',
  'ExecMainCode',
  'ExecMainStatus',
  'Result',
];

export class Systemctl {
  readonly #program: string;

  constructor(program: string) {
    this.#program = program;
  }

  /** Queues the start; @throws Error with what systemctl said */
  async start(unit: string): Promise<void> {
    await this.#call(['start', '--no-block', '--', unit]);
  }

  async stop(unit: string): Promise<void> {
    await this.#call(['stop', '--no-block', '--', unit]);
  }

  async kill(unit: string): Promise<void> {
    await this.#call(['kill', '--signal=SIGKILL', '--', unit]);
  }

  /** Lets a unit start again that has failed too often for systemd. */
  async resetFailed(unit: string): Promise<void> {
    await this.#call(['reset-failed', '--', unit]);
  }

  /** The states of units, in the order of the units. */
  async show(units: readonly string[]): Promise<UnitStatus[]> {
    const output = await this.#call(['show', `--property=${properties.join(',')}`, '--', ...units]);
    const blocks = output.trim().split(/\n\n+/);
    if (blocks.length !== units.length)
      throw new Error(`systemctl told of ${blocks.length} units, asked for ${units.length}`);
    return blocks.map(parse);
  }

  async #call(args: readonly string[]): Promise<string> {
    try {
      const { stdout } = await run(this.#program, args, {
        timeout: callMs,
        maxBuffer: 16 * 1024 * 1024,
      });
      return stdout;
    } catch (error) {
      const { code, killed, stderr = '', message } = error as CallError;
      if (code === 'ENOENT') throw new NoSystemctl(`there is no ${this.#program}`);
      const said = stderr.trim().split('\n')[0] || message.split('\n')[0]!;
      throw killed === true || saysShort(error) ? new NoAnswer(said) : new Error(said);
    }
  }
}

function parse(block: string): UnitStatus {
  const values = new Map(
    block.split('\n').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const value = (name: string): string => values.get(name) ?? '';
  return {
    load: value('LoadState'),
    active: value('ActiveState'),
    mainPid: Number(value('MainPID')),
    busy: Number(value('Job')) > 0,
    end: endOf(Number(value('ExecMainCode')), Number(value('ExecMainStatus')), value('Result')),
  };
}

/** @param how CLD_EXITED (1), CLD_KILLED (2) or CLD_DUMPED (3); 0: it never ran, or is forgotten */
function endOf(how: number, status: number, result: string): End {
  const note = ['', 'success', 'exit-code', 'signal'].includes(result) ? '' : ` (${result})`;
  if (how === 1) return { code: status, signal: null, reason: `exited with code ${status}${note}` };
  if (how === 2 || how === 3) {
    const signal = signalName(status);
    return { code: null, signal, reason: `was killed by ${signal}${note}` };
  }
  return { code: null, signal: null, reason: `ended; its unit is not active any more${note}` };
}

function signalName(number: number): string {
  const named = Object.entries(constants.signals).find(([, value]) => value === number);
  return named?.[0] ?? `signal ${number}`;
}
