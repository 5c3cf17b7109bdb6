/** What an agent is told to run, and what it tells about it. */

import { NotNow, saysShort } from './unknown.ts';

/** When a process counts as online. */
export type Readiness =
  /** It has lived for so long. */
  | { readonly kind: 'alive'; readonly seconds: number }
  /** Something accepts connections there: at the endpoint's host, or else on loopback. */
  | { readonly kind: 'tcp'; readonly port: number }
  /** A GET is answered with a status from 200 to 299. */
  | { readonly kind: 'http'; readonly url: string }
  /**
   * It has said `READY=1` on the stream socket whose path is in `HALCYON_NOTIFY`; under systemd:
   * the unit is active (`Type=notify`).
   */
  | { readonly kind: 'notify' };

/** Limits of a process, bytes; 0 is unlimited. */
export interface MemoryLimits {
  readonly as: number;
  readonly rss: number;
  readonly stack: number;
  readonly memlock: number;
}

export interface Assignment {
  readonly fid: string;
  /** Prefix of the systemd unit and of the environment file's name. */
  readonly unit: string;
  /** Grows with every start that is wanted; each is started at most once. */
  readonly generation: number;
  /** Whether it should run. */
  readonly run: boolean;
  /** Program and arguments; empty: the systemd unit `<unit>@<fid>.service`. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The environment as the text of its file. */
  readonly environment_file: string;
  readonly memory: MemoryLimits;
  /** One entry a CPU, above 0 where it may be used; empty: all. */
  readonly cores: readonly number[];
  readonly endpoint: string;
  readonly ready: Readiness;
  /** From SIGTERM to SIGKILL, ms. */
  readonly stop_timeout_ms: number;
}

export type State = 'starting' | 'online' | 'stopping' | 'exited' | 'refused';

export interface Observation {
  readonly fid: string;
  /** Of the run that is observed. */
  readonly generation: number;
  readonly state: State;
  readonly pid: number | null;
  /** Start time of the pid in clock ticks since boot: tells two processes of one pid apart. */
  readonly started: number | null;
  /** Exit code; null where there is none, or where nobody could see it. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly reason: string;
}

const fidPattern = /^0x[0-9a-f]{1,16}:0x[0-9a-f]{1,16}$/;
const unitPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** Both become parts of file names and of unit names. */
export function isFid(text: string): boolean {
  return fidPattern.test(text);
}

/** Whether it can be the prefix of unit names and file names. */
export function isUnit(text: string): boolean {
  return unitPattern.test(text);
}

/** Why an assignment cannot be carried out whatever the host is like; undefined where it can. */
export function problemOf(assignment: Assignment): string | undefined {
  const { fid, unit, command, ready } = assignment;
  if (!isFid(fid)) return 'the fid is not a fid';
  if (!isUnit(unit))
    return 'the unit is not a name of letters, digits, dots, dashes and underscores';
  if (command.some((part) => part.includes('\0'))) return 'the command holds a NUL';
  if (command[0] === '') return 'the command is empty';
  if (ready.kind === 'http' && !/^https?:$/.test(URL.parse(ready.url)?.protocol ?? ''))
    return 'the URL that tells readiness is not one of http or https';
  return undefined;
}

/** A process was not started: something about the host or the assignment does not allow it. */
export class Refusal extends Error {}

/**
 * What follows from an error on the way to a start: a refusal, or, where the host is only short of
 * something for now, another attempt.
 *
 * @param what was not possible
 */
export function obstacle(what: string, error: unknown): Refusal | NotNow {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = code === 'ENOSPC' ? 'no space is left on the device' : message;
  return saysShort(error) ? new NotNow(`${what}: ${reason}`) : new Refusal(`${what}: ${reason}`);
}
