/** Which station another one speaks of. */

/**
 * Which of the stations is meant by an address that one of them named. The agent shows its token to those that it was
 * given and to no other, whatever it is told.
 *
 * @returns undefined where it is none of them
 */
export function placeIn(stations: readonly URL[], named: string | undefined): number | undefined {
  const wanted = named === undefined ? null : URL.parse(named);
  if (wanted === null) return undefined;
  const place = stations.findIndex((station) => sameStation(station, wanted));
  return place < 0 ? undefined : place;
}

const isSecure = ({ protocol }: URL): boolean => /^(https|wss):$/.test(protocol);
const portOf = (url: URL): string => url.port || (isSecure(url) ? '443' : '80');
const baseOf = ({ pathname }: URL): string => pathname.replace(/\/+$/, '');

const sameStation = (a: URL, b: URL): boolean =>
  isSecure(a) === isSecure(b) &&
  a.hostname === b.hostname &&
  portOf(a) === portOf(b) &&
  baseOf(a) === baseOf(b);
