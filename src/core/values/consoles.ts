/** Console connections: rights to the console of one machine, for a while. */

export const consoleModes = ['read-only', 'read-write'] as const;
export type ConsoleMode = (typeof consoleModes)[number];

/** `console`: to be at it; `log`: to read what was there before. Either lets in to both, in its mode. */
export const consolePurposes = ['console', 'log'] as const;
export type ConsolePurpose = (typeof consolePurposes)[number];

/** As OBM daemons give them out. */
export const connectionIdPattern = '^[0-9A-Za-z_-]{8,64}$';

/** Of one machine; an OBM daemon has no more either. */
export const connectionsOfMachineMax = 16;
/** Of all machines. */
export const connectionsMax = 4_096;
