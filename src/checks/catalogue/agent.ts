/** Whether the agent of a machine is heard from, as the graph has it. */

import type { CheckDescription, Finding } from '../check.ts';

export const agent: CheckDescription = {
  id: 'agent',
  title: 'Agent',
  description: "The state of the machine as its agent's heartbeats make it. Nothing is asked.",
  type: 'enum',
  needs: 'agent',
  timeoutSeconds: 1,
  periodSeconds: 15,
};

/** @param state of the host, as the graph has it */
export const agentFinding = (state: string): Finding => {
  if (state === 'up') return { verdict: 'ok', value: state, text: 'heard from' };
  if (state === 'down') return { verdict: 'fail', value: state, text: 'not heard from' };
  return { verdict: 'unknown', value: state, text: 'no agent was ever heard from' };
};
