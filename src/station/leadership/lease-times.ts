/**
 * How long a lease lasts, and what follows from that. Each lease that is written says how long it
 * lasts; whoever waits for its end goes by that, and never by what he would write himself. So stations
 * that were given different times do no harm: each lets go of what he wrote in time.
 */

/** Of a lease that does not say: those that older releases wrote, s. */
export const usualLease = 15;
/** What may be given, s. Below, a pause of the log that is none ends it; above, nobody would wait. */
export const leaseLimits = { least: 3, most: 600 } as const;

export interface LeaseTimes {
  /** One that did not change for so long, while the log answered, has run out, ms. */
  readonly leaseMs: number;
  /** Whoever has it lets go so long after he issued the last renewal that succeeded, ms. */
  readonly holdMs: number;
  /** Between two renewals, and between two looks of those who wait, ms. */
  readonly renewMs: number;
  /** For the log to answer, ms. */
  readonly answerMs: number;
  /** Of the time between two looks no more counts: whoever was halted has seen nothing, ms. */
  readonly longestLookMs: number;
}

/** Whether a lease may last so many seconds. */
export const isLease = (seconds: unknown): seconds is number =>
  Number.isInteger(seconds) &&
  (seconds as number) >= leaseLimits.least &&
  (seconds as number) <= leaseLimits.most;

/**
 * A third of it is between the time when one lets go and the time when another may take it. What is
 * done again and again is done no less often for a longer lease: a takeover in good order takes no
 * longer then.
 *
 * @param seconds how long the lease lasts
 */
export const leaseTimes = (seconds: number): LeaseTimes => {
  const part = (fifteenths: number): number => Math.round((seconds * 1000 * fifteenths) / 15);
  return {
    leaseMs: part(15),
    holdMs: part(10),
    renewMs: Math.min(part(2), 2_000),
    answerMs: Math.min(part(4), 4_000),
    longestLookMs: Math.min(part(8), 8_000),
  };
};
