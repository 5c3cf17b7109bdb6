/**
 * An OBM daemon has told something of its machines: what is worth knowing of it becomes events of theirs, together with
 * where to go on. So each is told once, whoever ends in between.
 */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ObservationRow } from '../graph/rows/observations.ts';
import { newsLimits, newsPerCommit } from '../values/obm-news.ts';
import type { ObmNews } from '../values/obm-news.ts';

export interface ReportObmd {
  readonly type: 'ReportObmd';
  /** Base URL of the daemon. */
  readonly obmd: string;
  /** Up to where its news were in the log when these were read; null: they never were. */
  readonly after: string | null;
  /** Up to where they are with these. */
  readonly position: string;
  /** The daemon is not where it was: it lost something, or is another one. */
  readonly anew: boolean;
  /** In order, `newsPerCommit` at most; what is beyond is for the next one. Those of OBMs that are not ours count for nothing. */
  readonly news: readonly ObmNews[];
}

type Known = Pick<ObservationRow, 'power' | 'trouble'>;

/** Where others have told it meanwhile, or no OBM of the daemon is ours any more, nothing follows. */
export const reportObmd: Decide<ReportObmd> = (graph, command) => {
  const { obmd, after, position, anew, news } = command;
  if (news.length > newsPerCommit) throw new RangeError(`${news.length} news in one commit`);
  if (graph.indexes.obmLabels.countOf(obmd) === 0) return unchanged;
  if ((graph.get('feed', obmd)?.position ?? null) !== after) return unchanged;
  const events: EventDraft[] = [];
  // What the earlier ones of these news change is not in the graph yet.
  const known = new Map<string, Known>();
  for (const each of news) {
    const fqdn = graph.indexes.obmLabels.hostOf(obmd, each.label);
    if (fqdn === undefined) continue;
    const before = known.get(fqdn) ?? knownOf(graph, fqdn, anew);
    const [event, after] = told(graph, obmd, fqdn, each, before);
    known.set(fqdn, after);
    if (event) events.push(event);
  }
  if (events.length === 0 && position === after && !anew) return unchanged;
  const followed = { type: 'ObmdFollowed', data: { obmd, position, anew } } as const;
  // What was known before is forgotten first, and then what is known now is learnt.
  return decided(anew ? [followed, ...events] : [...events, followed]);
};

const nothing: Known = { power: null, trouble: null };

const knownOf = (graph: Graph, fqdn: string, anew: boolean): Known =>
  (anew ? undefined : graph.get('observation', fqdn)) ?? nothing;

/** What a piece of news is to whoever knows so much; null: nothing new. And what is known then. */
const told = (
  graph: Graph,
  obmd: string,
  fqdn: string,
  news: ObmNews,
  known: Known,
): readonly [EventDraft | null, Known] => {
  const { seen } = news;
  switch (news.type) {
    case 'power': {
      const { state, cause } = news;
      if (known.power?.state === state) return [null, known];
      const data = { fqdn, seen, state, cause };
      return [
        { type: 'ObmPowerChanged', data },
        { ...known, power: { state, seen } },
      ];
    }
    case 'power-known': {
      const { state } = news;
      if (known.power !== null) return [null, known];
      const data = { fqdn, seen, state, cause: 'first' } as const;
      return [
        { type: 'ObmPowerChanged', data },
        { ...known, power: { state, seen } },
      ];
    }
    case 'unreachable': {
      const { reason } = news;
      if (known.trouble?.reason === reason) return [null, known];
      const data = { fqdn, seen, reason };
      return [
        { type: 'ObmUnreachable', data },
        { ...known, trouble: { reason, seen } },
      ];
    }
    case 'reachable':
      if (known.trouble === null) return [null, known];
      return [
        { type: 'ObmReachable', data: { fqdn, seen } },
        { ...known, trouble: null },
      ];
    case 'console-attached': {
      const { viewing, principal, source } = news;
      return [
        { type: 'ObmConsoleAttached', data: { fqdn, seen, viewing, principal, source } },
        known,
      ];
    }
    case 'console-detached': {
      const { viewing, why } = news;
      return [{ type: 'ObmConsoleDetached', data: { fqdn, seen, viewing, why } }, known];
    }
    case 'writer-taken': {
      const { principal, source, from } = news;
      return [{ type: 'ObmWriterTaken', data: { fqdn, seen, principal, source, from } }, known];
    }
    case 'order': {
      const { action, by } = news;
      return [{ type: 'ObmOrderedElsewhere', data: { fqdn, seen, action, by } }, known];
    }
    case 'guid': {
      const { guid, labels } = news;
      const twins = labels
        .map((label) => graph.indexes.obmLabels.hostOf(obmd, label))
        .filter((twin) => twin !== undefined && twin !== fqdn)
        .slice(0, newsLimits.twins) as string[];
      return [{ type: 'ObmIdentified', data: { fqdn, seen, guid, twins } }, known];
    }
    case 'entries': {
      const { gap, entries } = news;
      if (!gap && entries.length === 0) return [null, known];
      return [{ type: 'ObmLogGrew', data: { fqdn, seen, gap, entries: [...entries] } }, known];
    }
  }
};
