/** What is known of the machine that is looked at, as far as its parts need it of each other. */

import type { FleetRow, ViewedCheck } from '../../../../checks/view/row.ts';
import type { Holder, Obm, Suggestion } from '../../../../client/types.ts';

export interface KnownMachine {
  readonly fqdn: string;
  readonly row: FleetRow;
  readonly checks: readonly ViewedCheck[];
  /** By the clock of the station, ms. */
  readonly at: number;
  /** Null: none is registered; undefined: it is not known yet, or could not be found out. */
  readonly obm: Obm | null | undefined;
  /** Undefined: not known; there is none of the past. */
  readonly suggestion: Suggestion | undefined;
  readonly holder: Holder | undefined;
}

/** Why its OBM can be told nothing now; undefined: it can. */
export const whyNoObm = ({ obm }: Pick<KnownMachine, 'obm'>): string | undefined => {
  if (obm === undefined) return 'How its OBM is, is not known.';
  if (obm === null) return 'It has no OBM here: none is registered.';
  return obm.state === 'enabled' ? undefined : `Its OBM is ${obm.state}: enable it first.`;
};

/** What is under way on it already, in words; undefined: nothing. */
export const underWay = ({ holder }: Pick<KnownMachine, 'holder'>): string | undefined => {
  const has = holder?.holder;
  if (!has) return undefined;
  const by = has.by_names.length === 0 ? 'the station itself' : has.by_names.join(', ');
  return `${has.what} is under way: operation ${has.operation} of ${by}.`;
};
