/** Whether the agent of a machine is heard from, as the graph has it. */

import type { CheckDescription } from '../check.ts';

export const agent: CheckDescription = {
  id: 'agent',
  title: 'Agent',
  description: "The state of the machine as its agent's heartbeats make it. Nothing is asked.",
  type: 'enum',
  needs: 'agent',
  timeoutSeconds: 1,
  periodSeconds: 15,
};
