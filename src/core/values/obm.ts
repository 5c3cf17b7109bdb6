/** Out-of-band managers as an OBM daemon has them. */

/** `enabling`: a token was asked for, and nobody knows yet whether one is out. */
export const obmStates = ['disabled', 'enabling', 'enabled'] as const;
export type ObmState = (typeof obmStates)[number];

/** Base URL of an OBM daemon: no user, no query, no slash at the end. */
export const obmdUrlPattern = '^https?://[^\\s/?#@]+(/[^\\s?#@]*[^\\s?#@/])?$';

/** What an OBM is called at its daemon. */
export const obmLabelPattern = '^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$';
