/** What bounds a process: a chain of programs that set a limit and become the next one. */

import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, resolve } from 'node:path';
import type { Assignment, MemoryLimits } from './assignment.ts';
import { Refusal } from './assignment.ts';

/** Where programs are looked for, as systemd does. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The command of an assignment with its limits before it: `prlimit … taskset … command`. Each
 * replaces itself by the next, so the pid stays.
 *
 * @param directory where it is run: what is looked up there is what runs
 * @throws {Refusal} the command cannot be run here
 */
export function limitedCommand(
  { command, environment, memory, cores }: Assignment,
  directory: string,
): string[] {
  const path = environment['PATH'] ?? defaultPath;
  const program = find(command[0]!, path, directory);
  return [...prlimit(memory), ...taskset(cores), program, ...command.slice(1)];
}

function prlimit({ as, rss, stack, memlock }: MemoryLimits): string[] {
  const options = Object.entries({ as, rss, stack, memlock })
    .filter(([, bytes]) => bytes > 0)
    .map(([name, bytes]) => `--${name}=${bytes}`);
  return options.length === 0 ? [] : [find('prlimit', defaultPath), ...options, '--'];
}

function taskset(cores: readonly number[]): string[] {
  if (cores.length === 0) return [];
  const allowed = [...cores.keys()].filter((cpu) => cores[cpu]! > 0);
  const here = allowed.filter((cpu) => cpu < cpus());
  if (here.length === 0)
    throw new Refusal(`none of its CPUs (${allowed.join(', ') || 'none'}) is on this host`);
  return [find('taskset', defaultPath), '-c', here.join(',')];
}

/** CPUs of the host, whichever of them this process may use itself. */
function cpus(): number {
  const online = /(\d+)\s*$/.exec(readFileSync('/sys/devices/system/cpu/online', 'latin1'));
  return online === null ? availableParallelism() : Number(online[1]) + 1;
}

function find(program: string, path: string, directory = '/'): string {
  const candidates = program.includes('/')
    ? [resolve(directory, program)]
    : path.split(delimiter).map((folder) => resolve(directory, folder, program));
  const problems = candidates.map((candidate) => ({ candidate, problem: problemWith(candidate) }));
  const usable = problems.find(({ problem }) => problem === undefined);
  if (usable !== undefined) return usable.candidate;
  const telling = problems.find(({ problem }) => problem !== 'is missing');
  const { candidate, problem } = telling ?? { candidate: program, problem: 'is missing' };
  throw new Refusal(`the command ${candidate} ${problem}`);
}

function problemWith(program: string): string | undefined {
  try {
    if (!statSync(program).isFile()) return 'is not a file';
    accessSync(program, constants.X_OK);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'is missing';
    return code === 'EACCES' ? 'is not executable' : `cannot be run: ${message}`;
  }
}
