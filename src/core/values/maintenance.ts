/** Machines that somebody works on. */

/** One line of text. */
export const maintenanceReasonPattern = '^[^\\p{Cc}\\p{Zl}\\p{Zp}]{1,512}$';

/** Seconds for which a machine may be kept aside before it must be said again. */
export const maintenanceSecondsMax = 366 * 86_400;
