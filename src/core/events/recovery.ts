/** Events of the recovery of hosts that were lost. */

import { Type } from 'typebox';
import {
  recoveryCommandPattern,
  recoveryFilePattern,
  recoveryStepsMax,
  recoveryUserPattern,
  sshDefaults,
} from '../values/recovery-policy.ts';
import type { ActiveStep, RecoveryStep } from '../values/recovery-policy.ts';
import { event } from './define.ts';
import { closed, Fqdn, Nullable } from './fields.ts';

/** Ms since the epoch. */
const Time = Type.Integer({ minimum: 0 });

const File = Type.String({ maxLength: 1024, pattern: recoveryFilePattern });

const SshField = Type.Object(
  {
    kind: Type.Literal('ssh'),
    command: Type.String({ maxLength: 1024, pattern: recoveryCommandPattern }),
    user: Nullable(Type.String({ pattern: recoveryUserPattern })),
    port: Nullable(Type.Integer({ minimum: 1, maximum: 65_535 })),
    identity_file: Nullable(File),
    known_hosts_file: Nullable(File),
    host_keys: Type.Union([Type.Literal('strict'), Type.Literal('accept-new')]),
    timeout: Type.Integer({ minimum: 1, maximum: 3600 }),
    times: Type.Integer({ minimum: 1, maximum: 100 }),
  },
  closed,
);

const PowerCycleField = Type.Object(
  { kind: Type.Literal('power-cycle'), times: Type.Integer({ minimum: 1, maximum: 100 }) },
  closed,
);

const ActiveStepField = Type.Unsafe<ActiveStep>(Type.Union([SshField, PowerCycleField]));

const StepField = Type.Unsafe<RecoveryStep>(
  Type.Union([
    Type.Object(
      { kind: Type.Literal('wait'), seconds: Type.Integer({ minimum: 1, maximum: 86_400 }) },
      closed,
    ),
    SshField,
    PowerCycleField,
  ]),
);

/** Characters of the account of how a step ended. */
export const recoveryDetailLength = 2048;

export const recoveryEvents = {
  /** What is done about lost hosts: about one, or (`fqdn` null) about those of which nothing else is said. */
  RecoveryPolicyDeclared: event(
    2,
    Type.Object(
      {
        fqdn: Nullable(Fqdn),
        steps: Nullable(Type.Array(StepField, { maxItems: recoveryStepsMax })),
      },
      closed,
    ),
    {
      fqdn: null,
      steps: [
        { kind: 'wait', seconds: 120 },
        { ...sshDefaults, user: 'root', identity_file: '/etc/halcyon/recovery_ed25519', times: 2 },
        { kind: 'wait', seconds: 600 },
        { kind: 'power-cycle', times: 1 },
      ],
    },
    // The second version has one kind of step more, as that of the steps below.
    { upcast: { 1: (data: object) => data } },
  ),

  /** A host was lost; the first attempt to recover it comes at `next`. */
  RecoveryStarted: event(1, Type.Object({ fqdn: Fqdn, next: Time }, closed), {
    fqdn: 'n0001.galileo.example',
    next: 1_790_000_060_000,
  }),

  /** It was still away at the time of an attempt; the next one comes at `next`. */
  RecoveryAttempted: event(
    1,
    Type.Object({ fqdn: Fqdn, attempt: Type.Integer({ minimum: 1 }), next: Time }, closed),
    { fqdn: 'n0001.galileo.example', attempt: 1, next: 1_790_000_120_000 },
  ),

  /** Recorded before anything is done. */
  RecoveryStepBegun: event(
    2,
    Type.Object({ fqdn: Fqdn, step: ActiveStepField }, closed),
    { fqdn: 'n0001.galileo.example', step: { kind: 'power-cycle', times: 1 } },
    { upcast: { 1: (data: object) => data } },
  ),

  /** How the step ended that the commit `begun` began. */
  RecoveryStepEnded: event(
    1,
    Type.Object(
      {
        fqdn: Fqdn,
        begun: Type.Integer({ minimum: 1 }),
        outcome: Type.Union([
          Type.Literal('done'),
          Type.Literal('failed'),
          Type.Literal('interrupted'),
        ]),
        detail: Type.String({ maxLength: recoveryDetailLength }),
      },
      closed,
    ),
    {
      fqdn: 'n0001.galileo.example',
      begun: 1742,
      outcome: 'failed',
      detail: 'ssh: connect to host 10.0.0.1 port 22: Connection timed out',
    },
  ),

  /** No attempt is left. */
  RecoveryExhausted: event(
    1,
    Type.Object({ fqdn: Fqdn, attempts: Type.Integer({ minimum: 0 }) }, closed),
    { fqdn: 'n0001.galileo.example', attempts: 5 },
  ),
};
