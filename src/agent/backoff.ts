/**
 * Where an agent connects next, and how long it waits before. Pure: randomness comes as an
 * argument.
 */

/**
 * How a connection ended:
 * - `lost`: it had served for a while;
 * - `unreachable`: it was not made, or broke soon;
 * - `denied`: the station does not want this agent as it is; somebody must change something;
 * - `deposed`: another station leads, which the agent has heard of already;
 * - `misdirected`: the station follows, and may have said which one leads.
 */
export type EndingKind = 'lost' | 'unreachable' | 'denied' | 'deposed' | 'misdirected';

export interface Pauses {
  /** Longest first pause, ms. */
  readonly firstMs: number;
  /** Longest pause of all while stations are away, ms. */
  readonly maxMs: number;
  /** Shortest pause after a denial, ms; the longest is twice that. */
  readonly deniedMs: number;
}

export interface Attempt {
  /** Index into the list of stations. */
  readonly station: number;
  /** Attempts that have failed since a connection last served for a while. */
  readonly failures: number;
}

/** From 0 up to, not including, 1. */
export type Random = () => number;

export const firstAttempt: Attempt = { station: 0, failures: 0 };

/**
 * Full jitter: anything between nothing and a ceiling that doubles with each round, so that the
 * agents of a cluster do not come back all at once.
 *
 * @param round how many times the whole list of stations has failed, from 0
 * @returns ms
 */
export function pause(round: number, { firstMs, maxMs }: Pauses, random: Random): number {
  return random() * Math.min(maxMs, firstMs * 2 ** round);
}

/** The pause, ms, before asking again what was denied: long, because a person has to act first. */
export function deniedPause({ deniedMs }: Pauses, random: Random): number {
  return deniedMs * (1 + random());
}

/** Pauses grow no further while stations answer that they follow: at most `firstMs` so many times doubled. */
const misdirectedRoundsMax = 3;

/**
 * The attempt that follows one that ended.
 *
 * After a loss the same station is tried first: it has probably been restarted. Any other ending
 * moves on to the next one of the list; pauses grow only when the whole list has failed, so that
 * one dead station does not hold up the way to a live one. Where a station said which one of the list
 * leads, that is the next one; while none leads the pauses stay short, for that lasts seconds.
 *
 * @param leader index of the station that leads, as the last one said; undefined where it did not
 */
export function following(
  { station, failures }: Attempt,
  ending: EndingKind,
  stations: number,
  pauses: Pauses,
  random: Random,
  leader?: number,
): { readonly attempt: Attempt; readonly pauseMs: number } {
  if (ending === 'lost')
    return { attempt: { station, failures: 0 }, pauseMs: pause(0, pauses, random) };
  const attempt = { station: leader ?? (station + 1) % stations, failures: failures + 1 };
  const wholeList = attempt.failures % stations === 0;
  if (wholeList && ending === 'denied') return { attempt, pauseMs: deniedPause(pauses, random) };
  const rounds = wholeList ? attempt.failures / stations - 1 : 0;
  const round = ending === 'misdirected' ? Math.min(rounds, misdirectedRoundsMax) : rounds;
  return { attempt, pauseMs: pause(round, pauses, random) };
}
