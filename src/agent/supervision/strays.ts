/** Finds the runs that are there, whatever the records say. */

import { createHash, randomBytes } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isFid } from './assignment.ts';
import type { ControlGroups } from './control-groups.ts';
import { isGate } from './gate.ts';
import { descriptorOf, inTurns, realUserOf, seesAll, statOf, survey } from './proc.ts';
import type { Main, ProcessStat, Survey } from './proc.ts';
import { foundRecord, groupName, runName, runOfName } from './run-record.ts';
import type { Run, RunRecord } from './run-record.ts';

/** A run that was found by its processes. */
export interface Present {
  readonly run: Run;
  /** The process that was started; null where only what it has left behind is there. */
  readonly main: Main | null;
}

export interface Presence {
  readonly runs: readonly Present[];
  /** Processes that may be of a run, which cannot be seen for now. */
  readonly unseen: readonly ProcessStat[];
}

const tagDigits = 8;

/**
 * What is an agent's own, told from what is another's on the same machine: the nonces of its runs
 * begin with a digest of where its state directory is. So it knows them also when all that it kept
 * there is lost.
 */
export class Ownership {
  readonly #stateDir: string;
  readonly #tag: string;
  readonly #seesAll = seesAll();

  constructor(stateDir: string) {
    this.#stateDir = realpathSync(stateDir);
    const digest = createHash('sha256').update(this.#stateDir).digest('hex');
    this.#tag = digest.slice(0, tagDigits);
  }

  /** 16 hexadecimal digits. */
  nonce(): string {
    return this.#tag + randomBytes(4).toString('hex');
  }

  owns({ nonce }: Run): boolean {
    return nonce.startsWith(this.#tag);
  }

  /** The same of what an earlier version has started: it writes to a file of this agent. */
  hasFileOf({ pid }: Main): boolean {
    const logs = join(this.#stateDir, 'logs', '/');
    return [1, 2].some((number) => descriptorOf(pid, number)?.startsWith(logs) === true);
  }

  /**
   * Whether one that cannot be looked into may be of this agent: it leads a session, as what was
   * started does; no other user has started it; and it is not older than the state directory.
   */
  mayOwn({ pid, started, state, session }: ProcessStat): boolean {
    if (session !== pid || (this.#seesAll && state !== 'D')) return false;
    const user = process.getuid?.();
    if (user !== 0 && realUserOf(pid) !== user) return false;
    const own = statOf(process.pid);
    if (own === undefined) return true;
    const olderMs = (own.started - started) * msPerTick;
    return performance.timeOrigin - olderMs + slackMs > statSync(this.#stateDir).birthtimeMs;
  }
}

/** USER_HZ is 100 on every architecture that Node.js runs on. */
const msPerTick = 10;
/** By how much two clocks may differ. */
const slackMs = 5_000;

/** Looks at all processes, and at what the kernel keeps together. */
export async function presence(own: Ownership, groups: ControlGroups): Promise<Presence> {
  const seen = await survey();
  return inTurns(sorted(seen, own, groups));
}

function* sorted(
  { carriers, unseen }: Survey,
  own: Ownership,
  groups: ControlGroups,
): Generator<void, Presence> {
  const runs = new Map<string, Present>();
  for (const [name, processes] of carriers) {
    yield;
    const run = runOfName(name);
    if (run === undefined) continue;
    if (own.owns(run) || processes.some((one) => own.hasFileOf(one)))
      runs.set(name, { run, main: mainOf(processes) });
  }
  const named = new Set([...runs.values()].map(({ run }) => groupName(run)));
  // What hides its mark is still in the group; but of which generation it was is not known.
  for (const name of groups.names()) {
    yield;
    const [fid = '', nonce = ''] = name.split('.');
    const run = { fid, generation: 0, nonce };
    if (!isFid(fid) || !own.owns(run) || named.has(name)) continue;
    if (groups.members(name).length === 0) groups.remove(name);
    else runs.set(runName(run), { run, main: null });
  }
  return { runs: [...runs.values()], unseen: unseen.filter((one) => own.mayOwn(one)) };
}

/**
 * The one that the others come from: the oldest, which leads a session. One that has not become its
 * command yet never will, since the agent is gone that it waits for.
 */
function mainOf(processes: readonly ProcessStat[]): Main | null {
  const leads = ({ pid, session, group }: ProcessStat): boolean => session === pid && group === pid;
  const oldest = Math.min(...processes.map(({ started }) => started));
  const main = processes.find((one) => one.started === oldest && leads(one));
  return main && !isGate(main.pid) ? { pid: main.pid, started: main.started } : null;
}

/**
 * Which of the runs of a process that are there takes the place of its record, and which are too
 * many: the newest, where the record tells of none that runs.
 */
export function inherited(
  record: RunRecord | undefined,
  runs: readonly Present[],
  boot: string,
): { heir: RunRecord | undefined; strays: readonly RunRecord[] } {
  const others = runs
    .filter(({ run }) => run.nonce !== record?.nonce)
    .map(({ run, main }) => foundRecord(run, main, boot));
  const [newest] = others
    .filter(
      ({ phase, generation }) => phase === 'running' && generation >= (record?.generation ?? 0),
    )
    .sort((a, b) => b.generation - a.generation || a.main!.started - b.main!.started);
  const heir = record?.phase === 'running' ? undefined : newest;
  return { heir, strays: others.filter((one) => one !== heir) };
}
