/** What is done about a host that was lost: the steps of its recovery, as facts declare them. */

/** Runs a command on the host through the ssh client of the station's machine. */
export interface SshStep {
  readonly kind: 'ssh';
  /** For the shell of the user on the host. */
  readonly command: string;
  /** Null: as the configuration of ssh on the station's machine says. So are the other nulls. */
  readonly user: string | null;
  readonly port: number | null;
  /** Path of a private key on the station's machine. */
  readonly identity_file: string | null;
  readonly known_hosts_file: string | null;
  /** `accept-new`: an unknown key is believed the first time. A changed one never is. */
  readonly host_keys: 'strict' | 'accept-new';
  /** Longest time that it may take, connecting included, seconds. */
  readonly timeout: number;
  /** How many attempts take this step. */
  readonly times: number;
}

/** Cycles the machine by its out-of-band manager, which must be enabled. One that is off is switched on. */
export interface PowerCycleStep {
  readonly kind: 'power-cycle';
  /** How many attempts take this step. */
  readonly times: number;
}

/** The step after it is not taken before so many seconds have passed since the one before it. */
export interface WaitStep {
  readonly kind: 'wait';
  readonly seconds: number;
}

/** A step that does something to the host. */
export type ActiveStep = SshStep | PowerCycleStep;

export type RecoveryStep = WaitStep | ActiveStep;

/** What an ssh step is where facts leave something out. */
export const sshDefaults: SshStep = {
  kind: 'ssh',
  command: 'systemctl restart halcyon-agent',
  user: null,
  port: null,
  identity_file: null,
  known_hosts_file: null,
  host_keys: 'strict',
  timeout: 30,
  times: 1,
};

/** How a step may end. */
export const stepOutcomes = ['done', 'failed', 'interrupted'] as const;
export type StepOutcome = (typeof stepOutcomes)[number];

/** How many steps a policy may have. */
export const recoveryStepsMax = 16;

/** A file on the station's machine, in characters that ssh takes as they are. */
export const recoveryFilePattern = '^/[A-Za-z0-9._/@+-]+$';
export const recoveryUserPattern = '^[A-Za-z_][A-Za-z0-9._-]{0,63}$';
/** One line that holds something. */
export const recoveryCommandPattern =
  '^[^\\u0000-\\u001f\\u007f]*[^\\s\\u0000-\\u001f\\u007f][^\\u0000-\\u001f\\u007f]*$';
