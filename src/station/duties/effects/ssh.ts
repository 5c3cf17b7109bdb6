/** A step of the recovery of a lost host: a command run there by ssh. */

import { eventsOfType } from '../../../core/events/reading.ts';
import type { RecoveryRow } from '../../../core/graph/rows/hosts.ts';
import type { SshStep } from '../../../core/values/recovery-policy.ts';
import { runSsh } from '../ssh-client.ts';
import type { Effect, EffectKind } from './effect.ts';

const doing = (recovery: RecoveryRow | undefined): Effect<SshStep> | undefined => {
  const { begun, step } = recovery?.steps?.doing ?? {};
  if (!recovery || begun === undefined || step?.kind !== 'ssh') return undefined;
  return { intended: begun, target: recovery.host, intent: step, isBegun: true };
};

export const ssh: EffectKind<SshStep> = {
  kind: 'ssh',
  limits: { atOnce: 16, perTarget: 1 },
  mayRepeat: false,
  *unended(graph) {
    for (const recovery of graph.all('recovery')) {
      const effect = doing(recovery);
      if (effect) yield effect;
    }
  },
  *intendedBy(commit) {
    for (const { data } of eventsOfType(commit, 'RecoveryStepBegun')) {
      const { fqdn: target, step: intent } = data;
      if (intent.kind === 'ssh') yield { intended: commit.revision, target, intent, isBegun: true };
    }
  },
  /** Nothing is done to a host that has reported meanwhile: then its recovery is over. */
  find(graph, { target, intended }) {
    const effect = doing(graph.get('recovery', target));
    return effect?.intended === intended ? effect : undefined;
  },
  async run({ target, intent }, { graph, time, signal, mustStand }) {
    const address = graph.get('host', target)?.facts?.address ?? null;
    const { ok, detail } = await runSsh(intent, target, address, { time, signal, mustStand });
    return { outcome: ok ? 'done' : 'failed', detail };
  },
  end: ({ target, intended }, ended) => ({
    type: 'ReportRecoveryStep',
    fqdn: target,
    begun: intended,
    ...ended,
  }),
};
