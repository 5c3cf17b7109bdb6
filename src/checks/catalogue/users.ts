/**
 * Whose processes run: people, not the system, and not us. Our own session is known by its place in the tree of
 * processes, as somebody may have logged in by the same account.
 */

import type { Finding, ProbeCheck } from '../check.ts';
import { shortened, unreadable } from './finding.ts';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly uid: number;
}

const processesOf = (output: string): readonly Process[] =>
  [...output.matchAll(/^p (\d+) (\d+) (\d+)$/gm)].map(([, pid, parent, uid]) => ({
    pid: Number(pid),
    parent: Number(parent),
    uid: Number(uid),
  }));

/** What the script runs in, up to the sshd that took our connection, and all that came of it. */
const ours = (processes: readonly Process[], self: number): ReadonlySet<number> => {
  const byPid = new Map(processes.map((one) => [one.pid, one]));
  const children = Map.groupBy(processes, ({ parent }) => parent);
  const own = byPid.get(self)?.uid;
  let top = self;
  // Above the processes of our account is the one of root that keeps our connection, and above that the listener.
  for (let at = byPid.get(self); at && at.uid === own && at.pid > 1; at = byPid.get(at.parent))
    top = at.pid;
  const found = new Set<number>();
  const waiting = own === 0 ? [self] : [top];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    waiting.push(...(children.get(next) ?? []).map(({ pid }) => pid));
  }
  return found;
};

/** Accounts below it are the system's: what login.defs says, or what distributions have. */
const leastOf = (output: string): number =>
  Number(/^\s*UID_MIN\s+(\d+)/m.exec(output)?.[1] ?? 1000);

const namesOf = (output: string): ReadonlyMap<number, string> =>
  new Map(
    [...output.matchAll(/^u (\d+) (\S+)$/gm)].map(([, uid, name = '']) => [Number(uid), name]),
  );

const parse = (output: string): Finding => {
  const processes = processesOf(output);
  const self = Number(/^self (\d+)$/m.exec(output)?.[1] ?? NaN);
  if (processes.length === 0 || Number.isNaN(self))
    return unreadable('the list of processes could not be read');
  const least = leastOf(output);
  const names = namesOf(output);
  const mine = ours(processes, self);
  // Accounts above UID_MAX come from directories: they are people. 65534 is nobody.
  const isPerson = (uid: number): boolean => uid >= least && uid !== 65_534;
  const uids = processes.filter(({ pid, uid }) => isPerson(uid) && !mine.has(pid));
  const users = [...new Set(uids.map(({ uid }) => names.get(uid) ?? String(uid)))].sort();
  const count = users.length;
  return {
    verdict: 'ok',
    value: count,
    text: shortened(count === 0 ? 'no users' : users.join(', ')),
  };
};

export const users: ProbeCheck = {
  id: 'users',
  title: 'Users',
  description:
    'How many people have processes on the machine, and who: without the system and without the check itself.',
  type: 'count',
  needs: 'probe',
  timeoutSeconds: 10,
  periodSeconds: 60,
  probe: [
    'read -r self _ </proc/self/stat; echo "self $self"',
    "grep -E '^[[:space:]]*UID_MIN[[:space:]]' /etc/login.defs 2>/dev/null",
    // ps cuts names at some width and prints numbers for the rest; numbers are never cut.
    'ps -e -o pid= -o ppid= -o uid= | while read -r p q u; do echo "p $p $q $u"; done',
    'for u in $(ps -e -o uid= | sort -un); do getent passwd "$u"; done | awk -F: \'{print "u", $3, $1}\'',
  ],
  parse,
};
