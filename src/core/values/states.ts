/** The states of processes and hosts, and those that operators may want. */

export const wantedStates = ['online', 'offline'] as const;
export type WantedState = (typeof wantedStates)[number];

/** `unknown`: declared, never heard of. */
export const hostStates = ['unknown', 'up', 'down'] as const;
export type HostState = (typeof hostStates)[number];

export const processStates = [
  'unknown',
  'offline',
  'starting',
  'online',
  'quiescing',
  'stopping',
  'failed',
  'inhibited',
] as const;
export type ProcessState = (typeof processStates)[number];

/**
 * States that need nobody's attention. `unknown` is what an added process is until somebody reports
 * it.
 */
export const calmStates: ReadonlySet<ProcessState> = new Set([
  'online',
  'unknown',
  'offline',
  'starting',
]);

/** What the owner of an independent process may report of it. */
export const reportableStates = ['starting', 'online', 'offline', 'failed'] as const;
export type ReportableState = (typeof reportableStates)[number];
