/** OBM daemons, as this station hears them, and the OBMs and consoles that they keep. */

import type { ObservedObm } from '../../station/obm/observed.ts';
import type { Station } from '../../station/station.ts';
import type { Exposition, Sample } from './exposition.ts';

/** Daemons that are told of. */
const daemonsMax = 1000;

/** How looks at OBMs end; a daemon of another version may have other words. */
const answers = [
  ...['ok', 'unknown', 'no-answer', 'credentials-refused', 'no-session-left', 'privilege'],
  ...['unsupported-suite', 'busy', 'refused', 'malformed', 'network', 'wrong-machine', 'other'],
];
const links = ['idle', 'connecting', 'connected', 'waiting', 'other'];

const answerOf = ({ look }: ObservedObm): string =>
  look === null ? 'unknown' : (look.trouble?.reason ?? 'ok');

export const obmMetrics = (exposition: Exposition, station: Station): void => {
  const { observed } = station.obms;
  const daemons = (): string[] =>
    Iterator.from(station.graph.indexes.obmLabels.daemons()).take(daemonsMax).toArray();
  const of = new Map<string, readonly ObservedObm[]>();
  exposition.before(() => {
    of.clear();
    const known = new Map(observed.daemons());
    for (const obmd of daemons()) of.set(obmd, [...(known.get(obmd)?.rows.values() ?? [])]);
    return Promise.resolve();
  });
  daemonMetrics(exposition, station, daemons);

  const counted = (
    name: string,
    help: string,
    label: string,
    words: readonly string[],
    wordOf: (row: ObservedObm) => string | null,
  ): void =>
    exposition.gauges(name, help, ['obmd', label], () =>
      [...of].flatMap(([obmd, rows]) => {
        const found = counts(rows, wordOf, words);
        return words.map((word): Sample => [[obmd, word], found.get(word) ?? 0]);
      }),
    );
  counted('obms', 'OBMs by how the last look at them ended.', 'answer', answers, answerOf);
  counted(
    'consoles',
    'Consoles by how they are linked.',
    'link',
    links,
    (row) => row.console?.link ?? null,
  );
  const summed = (name: string, help: string, figure: (row: ObservedObm) => number): void =>
    exposition.gauges(name, help, ['obmd'], () =>
      [...of].map(([obmd, rows]) => [[obmd], rows.reduce((sum, row) => sum + figure(row), 0)]),
    );
  summed('console_viewers', 'Who look at consoles.', (row) => row.console?.viewers ?? 0);
  summed('obm_orders', 'Orders that daemons have and that have not ended.', (row) => row.orders);
};

const daemonMetrics = (
  exposition: Exposition,
  station: Station,
  daemons: () => readonly string[],
): void => {
  const { observed } = station.obms;
  exposition.gauges(
    'obmd_up',
    'Whether an OBM daemon answered the last time: 1 or 0.',
    ['obmd'],
    () =>
      daemons().map((obmd) => {
        const isHeard = observed.heard(obmd) !== null && observed.trouble(obmd) === null;
        return [[obmd], isHeard ? 1 : 0];
      }),
  );
  exposition.gauges(
    'obmd_heard_age_seconds',
    'Since an OBM daemon was heard last; absent: it never was.',
    ['obmd'],
    () =>
      daemons().flatMap((obmd): Sample[] => {
        const heard = observed.heard(obmd);
        return heard === null ? [] : [[[obmd], Math.max(0, station.time.now() - heard) / 1000]];
      }),
  );
};

const counts = (
  rows: readonly ObservedObm[],
  wordOf: (row: ObservedObm) => string | null,
  words: readonly string[],
): ReadonlyMap<string, number> => {
  const found = new Map<string, number>();
  for (const row of rows) {
    const word = wordOf(row);
    if (word === null) continue;
    const known = words.includes(word) ? word : 'other';
    found.set(known, (found.get(known) ?? 0) + 1);
  }
  return found;
};
