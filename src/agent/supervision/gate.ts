/** What a process is before it becomes its command. */

import { argumentsOf } from './proc.ts';

/**
 * A new process waits for one line before it becomes the command; the line is sent once its pid is
 * on record. When the agent dies before, the process reads the end of the file and goes: a command
 * that no record knows of has never run. It enters its cgroup itself, before it can have children.
 */
const gate =
  'read -r go || exit 1; { [ -z "$1" ] || echo $$ > "$1/cgroup.procs"; } 2>/dev/null; ' +
  '{ [ -z "$2" ] || ulimit -Sn "$2"; } 2>/dev/null; shift 2; exec "$@" </dev/null';

export const gateProgram = '/bin/sh';

/**
 * @param group folder of its cgroup; empty: none
 * @param descriptors soft limit of its descriptors; empty: as this process has it
 */
export function gateArguments(
  group: string,
  descriptors: string,
  command: readonly string[],
): string[] {
  return ['-c', gate, 'halcyon', group, descriptors, ...command];
}

/** Whether a process has not become its command yet. */
export function isGate(pid: number): boolean {
  const [program, option, script] = argumentsOf(pid) ?? [];
  return program === gateProgram && option === '-c' && script === gate;
}
