/** The clocks of a station. */

export type Clock = () => number;

/** How fast the time of the log goes while it is ahead of the wall. */
const slowPace = 0.9;
/** A longer silence between two looks means that the station stood still, ms. */
const longestLook = 500;

/**
 * The time of the log: that of the wall, unless that goes back. Then it goes on, a little slower
 * than time does, until the wall has caught up, so that deadlines come although the log never goes
 * back in time. Another station's may have been ahead: what it has appended has passed here, too.
 *
 * @param last time of the last commit, ms since the epoch
 */
export const logClock = (wall: Clock, monotonic: Clock, last: Clock): Clock => {
  let [at, looked] = [last(), monotonic()];
  return () => {
    const now = monotonic();
    at = Math.max(wall(), last(), at + (now - looked) * slowPace);
    looked = now;
    return Math.floor(at);
  };
};

/** A wall that gains more than this between two looks has been set, or the machine was suspended, ms. */
const leapMs = 10_000;

/** Says at each look whether a clock has leapt ahead of time since the last one. */
export const leapOf = (clock: Clock, monotonic: Clock): (() => boolean) => {
  let ahead = clock() - monotonic();
  return () => {
    const before = ahead;
    ahead = clock() - monotonic();
    return ahead - before > leapMs;
  };
};

/**
 * Time in which the station was awake. One that was halted or starved heard nobody, and what was
 * said meanwhile still waits in its sockets: such a pause counts for nobody's silence. It has to be
 * looked at more often than every 500 ms.
 */
export const awakeClock = (monotonic: Clock): Clock => {
  let [awake, looked] = [0, monotonic()];
  return () => {
    const now = monotonic();
    awake += Math.min(now - looked, longestLook);
    looked = now;
    return awake;
  };
};
