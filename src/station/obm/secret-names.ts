/** Under which names the station keeps what opens OBM daemons and their OBMs. */

const ofDaemon = 'obmd ';
const ofObm = 'token of an OBM ';
/** What facts tell of OBMs; which it is of, they say in `secret`. */
const ofFacts = 'obm/';

/** The token of the administrator of a daemon. */
export const adminSecret = (obmd: string): string => `${ofDaemon}${obmd}`;

/** The token of an OBM. An epoch is that of one OBM only. */
export const tokenSecret = (epoch: number): string => `${ofObm}${epoch}`;

export const isOurs = (name: string): boolean =>
  name.startsWith(ofDaemon) || name.startsWith(ofObm);

export const isOfFacts = (name: string): boolean => name.startsWith(ofFacts);
