/** Processes on a machine that are to end, with all that they started; asked over a session beside the one that hangs. */

import type { Link } from './link.ts';
import { scriptLine, shellCommand } from './remote-shell.ts';
import { saidBy } from './said.ts';
import type { Time } from './time.ts';

/** A process that is there still: its number, and when it began in ticks since boot, as numbers are given again. */
export interface Remaining {
  readonly pid: number;
  readonly start: string;
}

/** For a session beside what hangs, ms. */
const patienceMs = 5_000;

/** `still PID START` for each of the processes in $t that is no zombie, and began then, where that is given. */
const tell = [
  'tell() { for p in $t; do',
  'w=${p#*:} p=${p%%:*}',
  'l=; { read -r l </proc/$p/stat; } 2>/dev/null; l=${l##*) }',
  'set -- $l; [ $# -ge 20 ] || continue',
  '[ "$1" = Z ] && continue',
  'shift 19; [ "$w" = "$p" ] || [ "$w" = "$1" ] || continue',
  'echo "still $p $1"',
  'done; }',
].join('\n');

const endScript = (pid: number): string =>
  [
    tell,
    'kids() { cat /proc/$1/task/*/children 2>/dev/null || ps -o pid= --ppid $1 2>/dev/null; }',
    'all() { for c in $(kids $1); do echo $c; all $c; done; }',
    `t="${pid} $(all ${pid})"`,
    'kill -s KILL $t 2>/dev/null',
    'n=0; while [ $n -lt 10 ] && [ -n "$(tell)" ]; do sleep 0.1 2>/dev/null || sleep 1; n=$((n+1)); done',
    'tell; echo told',
  ].join('\n');

const stillOf = (text: string): readonly Remaining[] =>
  [...text.matchAll(/^still (\d{1,10}) (\d{1,20})$/gm)].map(([, pid = '', start = '']) => ({
    pid: Number(pid),
    start,
  }));

const ask = async (
  link: Link,
  time: Time,
  script: string,
  signal: AbortSignal,
): Promise<readonly Remaining[] | undefined> => {
  const limit = new AbortController();
  const cancel = time.after(patienceMs, () => limit.abort(new Error('it takes too long')));
  const ending = AbortSignal.any([signal, limit.signal]);
  try {
    const said = await link.session(
      shellCommand,
      ending,
      (channel) => {
        channel.end(scriptLine(script));
        return saidBy(channel, ending);
      },
      true,
    );
    return /^told$/m.test(said) ? stillOf(said) : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  } finally {
    cancel();
  }
};

/** Ends a process and all below it. Answers what is left; undefined: nobody could be asked. */
export const endTree = (
  link: Link,
  time: Time,
  pid: number,
): Promise<readonly Remaining[] | undefined> =>
  ask(link, time, endScript(pid), new AbortController().signal);

/** Those that are there still; all, where nobody can be asked. */
export const stillThere = async (
  link: Link,
  time: Time,
  remaining: readonly Remaining[],
  signal: AbortSignal,
): Promise<readonly Remaining[]> => {
  const all = remaining.map(({ pid, start }) => `${pid}:${start}`).join(' ');
  const script = [tell, `t="${all}"`, 'tell; echo told'].join('\n');
  return (await ask(link, time, script, signal)) ?? remaining;
};
