/** The words of which rules are made. */

export const factNames = [
  'silent',
  'ping-ok',
  'ssh-ok',
  'ssh-dead',
  'no-access',
  'no-way',
  'power-on',
  'power-off',
  'power-unknown',
  'bmc-ok',
  'agent-ok',
  'users-alive',
  'no-users',
  'stuck-processes',
  'no-stuck-processes',
  'gpu-mismatch',
  'checks-pass',
  'just-booted',
  'console-moved',
] as const;

export type FactName = (typeof factNames)[number];
