/**
 * Endpoints: the two notations processes are reached by, and what of them allocation may change.
 */

import { canonicalHost, canonicalNid } from './address.ts';

/** An endpoint split where allocation works on it. */
export interface ParsedEndpoint {
  /** Everything up to and including the last colon. */
  readonly prefix: string;
  /** The last segment, which allocation increments. */
  readonly last: number;
  /** Inclusive bounds of the last segment. */
  readonly min: number;
  readonly max: number;
}

/** LNet's transfer machine id has 12 bits (Mero, net/lnet). */
export const tmidMax = 4095;
const portMax = 65_535;

const lnet =
  /^((?:0@lo|[A-Za-z0-9._-]+@(?:tcp|o2ib)[0-9]{0,3}):[0-9]{1,10}:[0-9]{1,10}:)([0-9]{1,4})$/;
const hostPort = /^((?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):)([0-9]{1,5})$/;

/**
 * Reads an LNet address `<nid>:<pid>:<portal>:<tmid>` (tmid 0..4095) or `<host>:<port>` (port
 * 1..65535).
 *
 * @returns null where the text is neither, or its last segment is out of bounds
 */
export const parseEndpoint = (text: string): ParsedEndpoint | null => {
  const asLnet = lnet.exec(text);
  const match = asLnet ?? hostPort.exec(text);
  if (!match) return null;
  const [min, max] = asLnet ? [0, tmidMax] : [1, portMax];
  const last = Number(match[2]);
  return last >= min && last <= max ? { prefix: match[1]!, last, min, max } : null;
};

/**
 * What stands before the last segment, in the one spelling of all that mean the same: endpoints are
 * compared by it, and kept as they are written.
 *
 * @param prefix of a legal endpoint, up to and including the last colon
 */
export const canonicalPrefix = (prefix: string): string => {
  const [, nid, pid, portal] = /^([^[\]:]+@[^:]+):([0-9]+):([0-9]+):$/.exec(prefix) ?? [];
  return nid === undefined
    ? `${canonicalHost(prefix.slice(0, -1))}:`
    : `${canonicalNid(nid)}:${Number(pid)}:${Number(portal)}:`;
};
