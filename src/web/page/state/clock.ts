/** The clock of the station: nobody's own clock need be right, and moments are told by the station's. */

/** How far this browser's clock is behind the station's, ms. */
let behindMs = 0;

/** Answers of HTTP tell the second only. */
const headerMs = 2000;

/** Says what the station's clock said when its answer came. */
export const stationSaid = (at: number): void => {
  behindMs = at - Date.now();
};

/** Says what an answer tells of the clock by its header `Date`, which is less than what the API tells. */
export const headerSaid = (date: string | null): void => {
  const at = date === null ? NaN : Date.parse(date);
  if (Math.abs(at - stationNow()) > headerMs) stationSaid(at);
};

/** Now, by the clock of the station as far as it is known, ms since the epoch. */
export const stationNow = (): number => Date.now() + behindMs;
