/** The recovery of lost hosts in facts: its schema, and the policy that it makes. */

import { Type } from 'typebox';
import {
  recoveryCommandPattern,
  recoveryFilePattern,
  recoveryStepsMax,
  recoveryUserPattern,
  sshDefaults,
} from '../core/values/recovery-policy.ts';
import type { RecoveryStep, SshStep } from '../core/values/recovery-policy.ts';
import type { Path, Problem } from './problem.ts';
import type { YamlFile } from './yaml.ts';

const closed = { additionalProperties: false } as const;

const File = (description: string) =>
  Type.Optional(
    Type.String({
      maxLength: 1024,
      pattern: recoveryFilePattern,
      expected: 'an absolute path of letters, digits and ._/@+-',
      description,
    }),
  );

const Ssh = Type.Object(
  {
    command: Type.Optional(
      Type.String({
        maxLength: 1024,
        pattern: recoveryCommandPattern,
        expected: 'a command on one line',
        default: sshDefaults.command,
        description: 'What the shell of the user runs on the host. What it prints is recorded.',
      }),
    ),
    user: Type.Optional(
      Type.String({
        pattern: recoveryUserPattern,
        expected: 'the name of a user',
        description: 'Who to be on the host; if absent: as ssh is configured.',
      }),
    ),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    identity_file: File('A private key without passphrase on the machine of the station.'),
    known_hosts_file: File('The keys of hosts, by their full names.'),
    host_keys: Type.Optional(
      Type.Union([Type.Literal('strict'), Type.Literal('accept-new')], {
        default: sshDefaults.host_keys,
        description: '`accept-new` believes a key that is not known yet, the first time.',
      }),
    ),
    timeout: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3600,
        default: sshDefaults.timeout,
        description: 'Longest time that it may take, in seconds.',
      }),
    ),
  },
  { ...closed, description: 'Run a command on the host by ssh. `{}` restarts the agent.' },
);

const stepExpected = '{wait}, {ssh} or {power-cycle}';

const Step = Type.Object(
  {
    wait: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 86_400,
        description: 'Seconds that pass before the next step, since the one before or the loss.',
      }),
    ),
    ssh: Type.Optional(Ssh),
    'power-cycle': Type.Optional(
      Type.Object(
        {},
        {
          ...closed,
          description:
            'Cycle the machine by its out-of-band manager, which must be registered and enabled. `{}` is all there is to say.',
        },
      ),
    ),
    times: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        default: 1,
        description: 'How many attempts take the step.',
      }),
    ),
  },
  { ...closed, expected: stepExpected },
);

export const RecoverySteps = Type.Array(Step, {
  maxItems: recoveryStepsMax,
  description:
    'What is done about a host that is lost, one step an attempt. An empty list is to wait.',
});

export type NativeRecovery = readonly Readonly<{
  wait?: number;
  ssh?: Partial<Omit<SshStep, 'kind' | 'times'>>;
  'power-cycle'?: object;
  times?: number;
}>[];

/** The policy of a list of steps that fits the schema. */
export const recoverySteps = (steps: NativeRecovery): RecoveryStep[] =>
  steps.map(({ wait, ssh, times = sshDefaults.times }): RecoveryStep => {
    if (wait !== undefined) return { kind: 'wait', seconds: wait };
    return ssh ? { ...sshDefaults, ...ssh, times } : { kind: 'power-cycle', times };
  });

const stepProblems = (yaml: YamlFile, value: unknown, path: Path): Problem[] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const kinds = ['wait', 'ssh', 'power-cycle'].filter((key) => Object.hasOwn(value, key));
  if (kinds.length !== 1)
    return [yaml.problem(path, 'A step is "wait", "ssh" or "power-cycle".', stepExpected)];
  if (kinds[0] === 'wait' && Object.hasOwn(value, 'times'))
    return [yaml.keyProblem([...path, 'times'], '"times" is for steps that do something.')];
  return [];
};

/** What the schema cannot say of a list of steps; nothing where it is no list. */
export const recoveryProblems = (yaml: YamlFile, value: unknown, path: Path): Problem[] =>
  Array.isArray(value)
    ? value.flatMap((step: unknown, i) => stepProblems(yaml, step, [...path, i]))
    : [];
