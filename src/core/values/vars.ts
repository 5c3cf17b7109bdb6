/**
 * The cluster's settings ("vars"): names, units, bounds and defaults. Pure data, with the checks
 * that follow from it.
 */

export interface VarSpec {
  readonly unit: 'seconds' | 'count' | 'percent';
  /** Inclusive bounds. */
  readonly min: number;
  readonly max: number;
  readonly default: number;
  /** A value within the bounds that has no meaning. */
  readonly except?: number;
  readonly description: string;
}

const day = 86_400;

const seconds = (value: number, description: string, min = 1): VarSpec => ({
  unit: 'seconds',
  min,
  max: day,
  default: value,
  description,
});

/** Every setting by name. Names and defaults are Halon's, but for the cool-down and the OBMs, which it had not. */
export const varSpecs = {
  keepalive_frequency: seconds(30, 'How often an agent says that it is alive.'),
  keepalive_timeout: seconds(
    115,
    'Silence after which a host is taken for down. Must be above keepalive_frequency.',
  ),
  recovery_expiry_seconds: seconds(
    300,
    'Time within which the attempts to recover a lost host are made, evenly spaced.',
  ),
  recovery_max_retries: {
    unit: 'count',
    min: -1000,
    max: 1000,
    default: -5,
    except: 0,
    description:
      'Attempts to recover a lost host before it is given up. ' +
      'Negative: that many evenly spaced, then ever less often, without end.',
  },
  recovery_max_down_percent: {
    unit: 'percent',
    min: 1,
    max: 100,
    default: 10,
    description:
      'Share of the hosts that may be down at once, one in any case; with more, steps of recoveries are held back.',
  },
  reboot_blast_radius: {
    unit: 'percent',
    min: 1,
    max: 100,
    default: 10,
    description:
      'Share of the hosts that may be rebooted, reinstalled or released at once without an override; 10 hosts in any case.',
  },
  process_configure_timeout: seconds(300, 'Longest time to configure a process, mkfs included.'),
  process_start_cmd_timeout: seconds(300, 'Longest time for the command that starts a process.'),
  process_start_timeout: seconds(180, 'Longest time from the start command to online.'),
  process_stop_timeout: seconds(600, 'Longest time to stop a process.'),
  process_max_start_attempts: {
    unit: 'count',
    min: 1,
    max: 1000,
    default: 5,
    description: 'Attempts to start a process after the first before it is failed.',
  },
  process_restart_retry_interval: seconds(5, 'Pause between two attempts to start a process.', 0),
  endpoint_cooldown: seconds(
    60,
    'How long nobody gets the endpoint of a removed process, unless no other is free.',
    0,
  ),
  node_stop_barrier_timeout: seconds(600, 'Longest time to stop all processes of one boot level.'),
  obm_power_interval: seconds(
    60,
    'How often OBM daemons look at the power of each machine, spread over the time; 0: only when asked.',
    0,
  ),
  obm_validate_interval: seconds(
    3_600,
    'How often they prove the credentials of each OBM, where they look at its power; 0: once.',
    0,
  ),
  obm_events_interval: seconds(
    0,
    'How often they read the event log of each OBM, where they look at its power; 0: only when asked.',
    0,
  ),
  obm_refresh_interval: seconds(
    5,
    'Whoever asks for another look at an OBM so soon after the last gets what that saw, however many ask.',
    0,
  ),
  obm_stale_after: seconds(
    180,
    'What OBMs told is stale when it is older, and then looked at again when it is asked for.',
  ),
  obm_network_rate: {
    unit: 'count',
    min: 1,
    max: 99_999,
    default: 500,
    description: 'Orders and looks that are begun in one management network in a second.',
  },
  obm_actor_rate: {
    unit: 'count',
    min: 1,
    max: 99_999,
    default: 100,
    description:
      'Orders and looks that one token may set off at OBMs in a second, after 100 times as many at once.',
  },
} as const satisfies Readonly<Record<string, VarSpec>>;

export type VarName = keyof typeof varSpecs;
export type Vars = Readonly<Record<VarName, number>>;

export const varNames: readonly VarName[] = Object.keys(varSpecs) as VarName[];

/** Every setting at its default. */
export const defaultVars: Vars = Object.fromEntries(
  varNames.map((name) => [name, varSpecs[name].default]),
) as Vars;

export const isVarName = (name: string): name is VarName => Object.hasOwn(varSpecs, name);

export interface VarProblem {
  readonly name: string;
  /** Complete sentence that says what was expected. */
  readonly message: string;
}

const problemOf = (name: string, value: number): VarProblem | null => {
  if (!isVarName(name)) return { name, message: `There is no setting "${name}".` };
  const spec: VarSpec = varSpecs[name];
  const { min, max, unit, except } = spec;
  if (Number.isInteger(value) && value >= min && value <= max && value !== except) return null;
  const but = except === undefined ? '' : ` other than ${except}`;
  const of = unit === 'seconds' ? 'seconds, ' : '';
  return {
    name,
    message: `"${name}" must be a whole number of ${of}${min} to ${max}${but}, not ${value}.`,
  };
};

/**
 * What is wrong with settings that somebody wants.
 *
 * @param wanted some or all settings
 * @param current what holds for those that `wanted` does not name
 * @returns one problem a setting at most; none where all is well
 */
export const varProblems = (
  wanted: Readonly<Record<string, number>>,
  current: Vars = defaultVars,
): readonly VarProblem[] => {
  const problems = Object.entries(wanted).flatMap(([name, value]) => problemOf(name, value) ?? []);
  if (problems.length > 0) return problems;
  const all: Vars = { ...current, ...wanted };
  if (all.keepalive_frequency < all.keepalive_timeout) return [];
  const name = 'keepalive_timeout' in wanted ? 'keepalive_timeout' : 'keepalive_frequency';
  const message =
    `"keepalive_timeout" (${all.keepalive_timeout} s) must be above ` +
    `"keepalive_frequency" (${all.keepalive_frequency} s).`;
  return [{ name, message }];
};
