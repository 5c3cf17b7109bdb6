/** What may be suggested, and what each does to whoever uses the machine. */

export const actions = [
  'none',
  'power-cycle',
  'power-on',
  'reboot',
  'drain-reboot',
  'resume',
  'restart-slurmd',
  'run-nhc',
  'mount',
  'fix-access',
  'fix-path',
  'look-at-console',
  'visit',
  'hardware',
  'hand-over',
] as const;

export type Action = (typeof actions)[number];

/** In words, after "it is suggested to". */
export const actionText: Readonly<Record<Action, string>> = {
  none: 'do nothing',
  'power-cycle': 'cycle its power',
  'power-on': 'switch it on',
  reboot: 'look at its console, then reboot it; cycle its power only where that has no effect',
  'drain-reboot': 'drain it, and reboot it when its jobs have ended',
  resume: 'resume it in the scheduler, and see that it registers',
  'restart-slurmd': 'start slurmd again, and see that it registers',
  'run-nhc': 'run its health check again, and resume it if that passes',
  mount: 'mount what is missing',
  'fix-access': 'put right how it is logged in to; it is alive',
  'fix-path': 'put right the way to it; of the machine itself nothing is known',
  'look-at-console': 'look at its console',
  visit: 'go and look at it: neither it nor its BMC says anything',
  hardware: 'have its hardware seen to',
  'hand-over': 'hand it to somebody: what was done about this before did not last',
};

/** They end what runs on the machine. */
export const isDisruptive = (action: Action): boolean =>
  action === 'power-cycle' || action === 'reboot' || action === 'drain-reboot';

/** They are done by `reboot`, in the ways that it has. */
export const isReboot = (action: Action): boolean => isDisruptive(action) || action === 'power-on';

/** They do something to the machine, rather than tell somebody to look. */
export const isActing = (action: Action): boolean =>
  isReboot(action) ||
  action === 'resume' ||
  action === 'restart-slurmd' ||
  action === 'run-nhc' ||
  action === 'mount';
