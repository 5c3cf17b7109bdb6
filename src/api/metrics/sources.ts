/** Where groups come from, the batch scheduler among them. */

import type { SourceState } from '../../checks/groups/book.ts';
import type { Station } from '../../station/station.ts';
import type { Exposition, Sample } from './exposition.ts';

export const sourceMetrics = (exposition: Exposition, station: Station): void => {
  const sources = (): readonly SourceState[] => station.groups.nodesets.book.sources;
  const labels = ['source', 'kind'];
  exposition.gauges(
    'source_up',
    'Whether a source of groups could be read the last time: 1 or 0.',
    labels,
    () => sources().map(({ name, kind, error }) => [[name, kind], error === null ? 1 : 0]),
  );
  exposition.gauges(
    'source_age_seconds',
    'Since a source of groups was read; absent: it never was.',
    labels,
    () =>
      sources().flatMap(({ name, kind, readAt }): Sample[] =>
        readAt === null ? [] : [[[name, kind], Math.max(0, station.now() - readAt) / 1000]],
      ),
  );
  exposition.gauges('source_groups', 'Groups that a source has.', labels, () =>
    sources().map(({ name, kind, listing }) => [[name, kind], listing.groups.size]),
  );
};
