/** The stations of a cluster side by side, for people: the same on a terminal and in a browser. */

import type { StationInfo, StationList } from '../types.ts';

/** What one said of itself; or why it is not known how it is. */
export type Heard = { readonly info: StationInfo } | { readonly why: string };

export interface StationLine {
  /** Null: the only one, which has no name. */
  readonly name: string | null;
  /** Null: it was not said. */
  readonly url: string | null;
  /** `unknown`: it did not answer, which is not to say that it is down. */
  readonly role: 'leading' | 'following' | 'unknown';
  readonly term: number | null;
  /** The last that it has. */
  readonly revision: number | null;
  /** How many revisions the leading one has that it has not; null: nobody knows. */
  readonly lag: number | null;
  readonly durability: string | null;
  /** Since when it has led, or has not, ms since the epoch. */
  readonly since: number | null;
  /** What is the matter with it; null: nothing that is known. */
  readonly matter: string | null;
}

/**
 * Who is to be asked how it is, and at which URL.
 *
 * @param isSafe whether the list came over TLS: then nobody is asked without
 */
export const whomToAsk = (
  { stations }: StationList,
  isSafe: boolean,
): { name: string; url: string; refused: string | null }[] =>
  stations.map(({ name, url }) => ({
    ...{ name, url },
    refused:
      isSafe && !url.startsWith('https:')
        ? 'not asked: its URL is not https, and would show the token to others'
        : null,
  }));

/** One line a station, by name. */
export const stationLines = (
  { stations }: StationList,
  heard: ReadonlyMap<string, Heard>,
): StationLine[] => {
  const lines = stations.map(({ name, url }) => lineOf(name, url, heard.get(name)));
  // One that has not heard yet of its end may think that it leads: the newest term counts.
  const [leader] = lines
    .filter(({ role }) => role === 'leading')
    .sort((a, b) => (b.term ?? 0) - (a.term ?? 0));
  const head = leader?.revision ?? null;
  return lines.map((line) => ({ ...line, lag: behind(line.revision, head) }));
};

/** The line of one whose log is its own. */
export const onlyLine = (info: StationInfo): StationLine => {
  const line = lineOf(info.name, info.leader?.url ?? null, { info });
  return { ...line, lag: line.role === 'leading' ? 0 : null };
};

const behind = (revision: number | null, head: number | null): number | null =>
  revision === null || head === null ? null : Math.max(0, head - revision);

const lineOf = (name: string | null, url: string | null, heard: Heard | undefined): StationLine => {
  const unknown = { term: null, revision: null, lag: null, durability: null, since: null };
  const nobody = (matter: string): StationLine => ({
    ...{ name, url, role: 'unknown', ...unknown, matter },
  });
  if (heard === undefined) return nobody('not asked');
  if ('why' in heard) return nobody(heard.why);
  const { info } = heard;
  if (info.name !== name)
    return nobody(`at its URL ${info.name ?? 'a station without a name'} answers`);
  return {
    ...{ name, url, role: info.role, term: info.term, revision: info.head, lag: null },
    ...{ durability: info.durability, since: info.role_since, matter: matterOf(info) },
  };
};

const matterOf = ({ log_trouble: trouble, known, leader, role }: StationInfo): string | null => {
  if (trouble !== null) return trouble;
  if (known === false) return 'it is none of the cluster as far as it knows, and does not lead';
  return role === 'following' && leader === null ? 'it knows of no station that leads' : null;
};

/** What every page of a station that follows says; null: it leads. */
export const followingText = ({
  role,
  leader,
}: Pick<StationInfo, 'role' | 'leader'>): string | null => {
  if (role === 'leading') return null;
  return leader
    ? `This station follows; ${leader.name} leads.`
    : 'This station follows; it knows of no station that leads.';
};
