/** Whether the station that welcomes an agent is the one that leads. */

import { staleTerm } from '../disk/heard-terms.ts';
import type { HeardTerms } from '../disk/heard-terms.ts';
import { Ending } from './ending.ts';
import type { StationMessage } from './protocol.ts';

type Welcome = Extract<StationMessage, { readonly type: 'welcome' }>;

const advice =
  'another station leads, and is looked for. Where none does any more, because the log of the cluster was put back to ' +
  'an older one: stop the agent, remove "terms" from its state directory, and start it';

/**
 * Why a station does not lead any more; undefined: as far as is known here, it does. One that says
 * no term is of a release before this one. Where no station has followed another yet, it may well
 * lead; afterwards it does not: those that take turns say it.
 */
export const endingOfTerm = (terms: HeardTerms, { term, cluster }: Welcome): Ending | undefined => {
  if (term === undefined || cluster === undefined)
    return terms.highest > 1
      ? new Ending(
          'deposed',
          `the station says no term of leadership; term ${terms.highest} was heard of`,
          'install on all stations what the newest of them has',
        )
      : undefined;
  const later = terms.laterThan({ cluster, term });
  return later === undefined ? undefined : new Ending('deposed', staleTerm(term, later), advice);
};
