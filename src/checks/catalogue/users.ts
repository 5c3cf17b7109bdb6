/**
 * Whose processes run: people, not the system, and not us. Our own session is known by its place in the tree of
 * processes, as somebody may have logged in by the same account.
 */

import type { Finding, ProbeCheck } from '../check.ts';
import { shortened, unreadable } from './finding.ts';
import { processesOf, processesProbe, unseen } from './processes.ts';
import type { Process } from './processes.ts';

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
  if (processes === null || Number.isNaN(self)) return unreadable(unseen);
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
  probe: processesProbe,
  parse,
};
