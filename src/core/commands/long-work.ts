/** Which commands ask for work that takes longer, whose commits are operations. */

import type { Commit } from '../events/commit.ts';
import type { Command } from './index.ts';

const longWork = [
  'WantCluster',
  'WantNode',
  'WantProcess',
  'RestartProcess',
  'RemoveProcess',
  'RemoveNode',
  'RemoveHost',
  'ScaleRole',
  'OrderObm',
  'OrderProcedure',
  'OrderCampaign',
  'RebootHost',
] as const satisfies readonly Command['type'][];

const names: ReadonlySet<string> = new Set(longWork);

/** Whether a commit may be an operation: what it holds tells whether it is. */
export const asksForLongWork = ({ command }: Pick<Commit, 'command'>): boolean =>
  names.has(command);
