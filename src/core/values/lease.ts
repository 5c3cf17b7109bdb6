/** Leases of independent processes. */

/** The shortest and the longest lease of a process, seconds. */
export const leaseSecondsMin = 5;
export const leaseSecondsMax = 86_400;
