/** How many numbers that checks found are kept for plots. */

/** The stretch of time that has one, seconds. */
export const sampleSeconds = 300;
/** Of a machine by a check: a day of them. */
export const samplesKept = 288;
