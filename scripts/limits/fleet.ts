/** What somebody may ask of all machines at once. */

import { freshMs } from '../../src/api/fleet/answers.ts';
import { pagesKept, pagesKeptEach, pagesLastMs } from '../../src/api/fleet/pages.ts';
import { formBytesMax } from '../../src/api/text/pages.ts';
import { filterLengthMax, termsMax } from '../../src/checks/view/filter-grammar.ts';
import { notesKeptMax } from '../../src/core/values/notes.ts';
import { fleetChangesKept } from '../../src/station/fleet/fleet.ts';
import { departedKept } from '../../src/station/queries/departed.ts';
import { pageRows } from '../../src/web/text/fleet-view.ts';
import { bytes, limit, seconds } from './limit.ts';
import type { Limit } from './limit.ts';

const refusedFilters =
  'checks/view/filter.test.ts: a wrong filter is refused at its character, with the word that was meant';

export const ofFleet: readonly Limit[] = [
  limit('characters of a filter', filterLengthMax, '400 `invalid-request`', refusedFilters),
  limit('terms of a filter', termsMax, '400 `invalid-request`', refusedFilters),
  limit(
    'lists of the fleet that are read page by page, of one token',
    pagesKeptEach,
    'the one that was read longest ago is gone: 410 `page-gone`',
    'api/fleet-pages.test.ts: so many lists are kept for one token, those that were read last',
  ),
  limit(
    'lists of the fleet that are read page by page, in all',
    pagesKept,
    'the one that was read longest ago is gone: 410 `page-gone`',
    'api/fleet-pages.test.ts: so many lists are kept for all, those that were read last',
  ),
  limit(
    'time until the next page of the fleet is asked for',
    seconds(pagesLastMs),
    '410 `page-gone`',
    'api/fleet-pages.test.ts: a list is kept for a while after its last page',
  ),
  limit(
    'machines on one page without JavaScript',
    pageRows,
    'there is a link to the next',
    'api/text-pages.test.ts: 28: pages of 200 machines are one cut, and each links to the next',
  ),
  limit(
    'bytes of a form of the pages without JavaScript',
    bytes(formBytesMax),
    '413 `body-too-large`',
    'api/text-pages.test.ts: every page says what browsers must not do with it, refusals too',
  ),
  limit(
    'processes that are gone whose machine is known beside the index of the log, and as many nodes',
    departedKept,
    'older ones are in the history of their machine once the index has come by them',
    'station/departed.test.ts: where the last ones were that are gone is remembered, and the host by its new name',
  ),
  limit(
    'notes that are shown with a machine',
    notesKeptMax,
    'older ones are in its history only',
    'api/machine-history.test.ts: notes are one line, of operators, the last of which stay with the machine',
  ),
  limit(
    'age of an answer about the fleet that only observations have outdated',
    seconds(freshMs),
    'it is made anew',
    'api/fleet-pages.test.ts: an answer is given again for half a second while only observations change',
  ),
  limit(
    'changes of machines that a stream of the fleet can be resumed after',
    fleetChangesKept,
    'it begins anew with `reset`',
    'station/fleet.test.ts: so many changes are remembered, and beyond them nobody knows',
  ),
];
