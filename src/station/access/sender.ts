/** Who submits a command, and under what conditions. */

import { randomUUID } from 'node:crypto';
import type { RenderedAhead } from '../../core/allocation/renderings.ts';
import type { RequestIdentity } from '../../core/events/commit.ts';
import type { Revision } from '../../core/values/revision.ts';

export interface Sender {
  readonly actor: string;
  readonly correlation?: string;
  readonly request?: RequestIdentity | undefined;
  readonly expected?: Revision | undefined;
  /** What of it is rendered already. */
  readonly ahead?: RenderedAhead | undefined;
}

/** The second commit of one request: what was asked of the first does not hold for it. */
export const later = ({ actor, correlation }: Sender): Sender => ({
  actor,
  ...(correlation === undefined ? {} : { correlation }),
});

export const identified = (sender: Sender): Sender & { correlation: string } => ({
  ...sender,
  correlation: sender.correlation ?? randomUUID(),
});
