/** Out-of-band managers that an OBM daemon has for us. */

import type { ConsoleMode, ConsolePurpose } from '../../values/consoles.ts';
import type { ObmOrder, OrderOutcome, ReturnOutcome } from '../../values/obm.ts';
import type { RebootNote } from '../../values/reboots.ts';
import type { Revision } from '../../values/revision.ts';
import { internal, shown } from './row.ts';
import type { Provenance } from './row.ts';

/** The OBM of a host, as it is registered with a daemon, and who may use it. */
export interface RegistrationRow extends Provenance {
  readonly host: string;
  /** Base URL of the daemon. */
  readonly obmd: string;
  /** What the OBM is called there. It stays when the host gets another name. */
  readonly label: string;
  /** The last commit that changed who may use it: what was let in under another one is let in no more. */
  readonly epoch: Revision;
  /** The epoch of the token that is good; null: none is. */
  readonly token: Revision | null;
  /** A token of this epoch was asked for, and nobody has said what became of it. */
  readonly isBegun: boolean;
  /** Since when it is as it is, ms since the epoch. */
  readonly since: number;
}

/** The order is over when the host is up. */
export interface Awaited {
  /** For so long after the order was sent. */
  readonly seconds: number;
  /** Id of the boot that the host had when it was sent; empty: none was known. Null: it was not sent yet. */
  readonly boot: string | null;
  /** Ms since the epoch; null: it was not sent yet. */
  readonly until: number | null;
  /** Null: it is awaited. */
  readonly outcome: ReturnOutcome | null;
}

/** Whose turn it is to be. Times are ms since the epoch. */
export interface Turn {
  /** Who asked, the first first; nobody: the station itself. */
  readonly by: readonly string[];
  /** Until when it is to be begun; null: whenever it has its turn. */
  readonly beginBy: number | null;
  /** When it was begun; null: it was not. */
  readonly begun: number | null;
}

/** What a machine is to be told by its OBM, or was. */
export interface OrderRow extends Provenance {
  /** `orderId` of the commit that ordered it, and of the name that the host had then. */
  readonly id: string;
  readonly host: string;
  readonly order: ObmOrder;
  /** Of the right by which it was given: with another one it is not begun. */
  readonly epoch: Revision;
  /** Absent in logs of versions that did not tell. */
  readonly turn?: Turn;
  /** The procedure that it is a part of. */
  readonly procedure?: Revision;
  /** Why somebody has the machine rebooted by it. */
  readonly reboot?: RebootNote;
  /** It is a step of the recovery of a lost host. */
  readonly recovery?: true;
  /** `waiting` and `begun`: it has not ended. */
  readonly state: 'waiting' | 'begun' | OrderOutcome;
  /** Absent: nobody waits for the host. */
  readonly awaited?: Awaited;
  /** How it ended, for people. */
  readonly detail: string;
  /** Since when it is in that state, ms since the epoch. */
  readonly since: number;
}

/** A right to the console of a host, for a while, that its OBM daemon has given out for somebody. */
export interface ConnectionRow extends Provenance {
  /** As the daemon calls it. */
  readonly id: string;
  readonly host: string;
  readonly purpose: ConsolePurpose;
  readonly mode: ConsoleMode;
  /** The token for which it was made, which may be gone: then so is the right. */
  readonly credential: string;
  /** Of the right to the OBM with which it ends. */
  readonly epoch: Revision;
  /** When it was made, and when it ends by itself, ms since the epoch. */
  readonly since: number;
  readonly expires: number;
}

export const obmRows = {
  registration: shown<RegistrationRow>('host'),
  order: shown<OrderRow>('id'),
  connection: internal<ConnectionRow>('id'),
};

export const turnOf = ({ turn }: Pick<OrderRow, 'turn'>): Turn =>
  turn ?? { by: [], beginBy: null, begun: null };

export const hasEnded = ({ state }: OrderRow): boolean => state !== 'waiting' && state !== 'begun';

/** Whether a host is still to come up after an order, or may be. */
export const isAwaiting = (row: OrderRow): row is OrderRow & { readonly awaited: Awaited } =>
  row.awaited?.outcome === null && row.state !== 'failed' && row.state !== 'cancelled';

export const orderId = (ordered: Revision, host: string): string => `${ordered}/${host}`;
