/** The times below a plot, in UTC as all that is told is, whatever the browser's own clock is set to. */

const daySeconds = 86_400;
const minuteSeconds = 60;

/**
 * A label for each, which names its day where that is another than of the one before.
 *
 * @param times seconds since the epoch, rising
 * @param step between two of them, s
 */
export const timeLabels = (times: readonly number[], step: number): string[] =>
  times.map((time, index) => {
    const [day, clock] = whenOf(time);
    if (step >= daySeconds) return day;
    const shown = step < minuteSeconds ? clock : clock.slice(0, 5);
    const before = times[index - 1];
    return before !== undefined && whenOf(before)[0] === day ? shown : `${shown}\n${day}`;
  });

/** `2026-11-28` and `09:30:00`. */
const whenOf = (time: number): readonly [day: string, clock: string] => {
  const text = new Date(time * 1000).toISOString();
  return [text.slice(0, 10), text.slice(11, 19)];
};
