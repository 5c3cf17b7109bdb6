/**
 * How the state of a process may change. This table is the whole of it: commands and reports look up
 * their trigger here, and the reference is generated from it.
 */

import type { Ownership } from '../values/roles.ts';
import type { ProcessState } from '../values/states.ts';

export interface Transition {
  readonly ownership: Ownership;
  readonly from: readonly ProcessState[];
  readonly trigger: Trigger;
  readonly to: ProcessState;
  /** When it happens, for the reference. */
  readonly when: string;
}

/** What sets a transition off. Those that begin with `report-` come from the owner of an independent process. */
export const triggers = [
  'start',
  'ready',
  'retry',
  'restart',
  'give-up',
  'stop',
  'terminate',
  'end',
  'hang',
  'abandon',
  'report-starting',
  'report-online',
  'report-offline',
  'report-failed',
  'expire',
  'reset',
] as const;
export type Trigger = (typeof triggers)[number];

const idle = ['unknown', 'offline', 'failed'] as const;
const running = ['starting', 'online'] as const;
const ending = ['quiescing', 'stopping'] as const;

const managed = (
  from: readonly ProcessState[],
  trigger: Trigger,
  to: ProcessState,
  when: string,
): Transition => ({ ownership: 'managed', from, trigger, to, when });

const reported = (to: 'starting' | 'online' | 'offline' | 'failed', when: string): Transition => ({
  ownership: 'independent',
  from: [...idle, ...running, ...ending],
  trigger: `report-${to}`,
  to,
  when,
});

export const transitions: readonly Transition[] = [
  managed(
    idle,
    'start',
    'starting',
    'it is wanted online, and what it needs on its node is online',
  ),
  managed(['starting'], 'ready', 'online', 'its agent found it ready'),
  managed(
    running,
    'retry',
    'starting',
    'it ended, was not ready in time or could not be executed, and attempts are left',
  ),
  managed(running, 'give-up', 'failed', 'as above, and no attempts are left'),
  managed(running, 'restart', 'starting', 'an operator restarts it'),
  managed(
    running,
    'stop',
    'quiescing',
    'it is wanted offline, and nothing that needs it is running',
  ),
  managed(['quiescing'], 'terminate', 'stopping', 'its agent has sent SIGTERM'),
  managed(ending, 'end', 'offline', 'it has ended'),
  managed(
    running,
    'end',
    'offline',
    'it has ended, or waits for its next attempt, and is not wanted any more',
  ),
  managed(ending, 'hang', 'failed', 'it has not ended in time, SIGKILL included'),
  managed(
    [...running, ...ending],
    'abandon',
    'failed',
    'it is to be removed, and its host is down; it is removed at once',
  ),
  managed(['failed'], 'reset', 'unknown', 'an operator resets the cluster'),
  managed(['starting'], 'reset', 'offline', 'the same, while it waits for its next attempt'),
  reported('starting', 'its owner says so'),
  reported('online', 'its owner says so'),
  reported('offline', 'its owner says so'),
  reported('failed', 'its owner says so; it is never restarted'),
  {
    ownership: 'independent',
    from: ['unknown', ...running, ...ending],
    trigger: 'expire',
    to: 'failed',
    when: 'its owner has not renewed its lease; it is removed at once',
  },
  {
    ownership: 'independent',
    from: [...running, ...ending],
    trigger: 'abandon',
    to: 'failed',
    when: 'it is to be removed by force, and its host is down; it is removed at once',
  },
  {
    ownership: 'independent',
    from: ['failed'],
    trigger: 'reset',
    to: 'unknown',
    when: 'an operator resets the cluster',
  },
];

const byTrigger = new Map<string, ProcessState>(
  transitions.flatMap(({ ownership, from, trigger, to }) =>
    from.map((state) => [`${ownership} ${state} ${trigger}`, to] as const),
  ),
);

/** The state after a trigger; undefined where that is impossible. */
export const nextState = (
  ownership: Ownership,
  state: ProcessState,
  trigger: Trigger,
): ProcessState | undefined => byTrigger.get(`${ownership} ${state} ${trigger}`);
