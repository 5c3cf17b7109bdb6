/** What can be ordered of a machine from the menu of its page: one file a kind. */

import type { FunctionComponent } from 'preact';
import type { Asked } from '../../../state/rights.ts';
import type { KnownMachine } from '../known.ts';

export interface MachineAct {
  /** On the menu. */
  readonly title: string;
  readonly action: Asked['action'];
  /** Members of projects may not do it: they have the machine lent. */
  readonly ofOwners?: true;
  readonly danger?: true;
  /** Whether it is on the menu at all; absent: always. */
  readonly isThere?: (machine: KnownMachine) => boolean;
  /** Why it makes no sense now; undefined: it does. */
  readonly unless?: (machine: KnownMachine) => string | undefined;
  readonly Dialog: FunctionComponent<{
    readonly machine: KnownMachine;
    readonly close: () => void;
  }>;
}
