/** What a dialog about machines that were picked is given. */

import type { Outcome } from '../../../fleet/each-machine.ts';

export interface ActProps {
  /** In the order in which people count. */
  readonly hosts: readonly string[];
  /** The same, folded. */
  readonly nodeset: string;
  readonly close: () => void;
  /** Tells what came of it where that is more than one sentence. */
  readonly tell: (title: string, outcome: Outcome, operations?: readonly number[]) => void;
}
