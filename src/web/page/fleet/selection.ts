/** Machines that somebody has picked: by their names, so that they are the same however rows are sorted. */

import { useMemo, useState } from 'preact/hooks';
import { expandNodeset, foldNodeset, inNodeOrder } from '../../../nodeset/nodeset.ts';
import { changeQuery, usePlace } from '../state/router.ts';

/** Characters of an address that all that lies between takes. */
const addressMax = 6000;

export interface Selection {
  readonly names: ReadonlySet<string>;
  readonly change: (names: ReadonlySet<string>) => void;
  /** Whether the address has it; it may be too long for that. */
  readonly isInAddress: boolean;
}

const namesIn = (nodeset: string): ReadonlySet<string> => {
  try {
    return new Set(nodeset === '' ? [] : expandNodeset(nodeset));
  } catch {
    // Nobody is picked by a slip.
    return new Set();
  }
};

export const useSelection = (): Selection => {
  const said = usePlace().query.get('selected') ?? '';
  const [long, setLong] = useState<ReadonlySet<string> | null>(null);
  const short = useMemo(() => namesIn(said), [said]);
  const change = (names: ReadonlySet<string>): void => {
    const nodeset = foldNodeset(names);
    const fits = nodeset.length <= addressMax;
    setLong(fits ? null : names);
    changeQuery({ selected: fits ? nodeset : null }, { replace: true });
  };
  return { names: long ?? short, change, isInAddress: long === null };
};

/** In the order in which people count. */
export const inOrder = (names: ReadonlySet<string>): readonly string[] => inNodeOrder(names);
