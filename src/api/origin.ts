/** Whether a request was sent from a page of this station (CSRF). */

import type { FastifyRequest } from 'fastify';
import { ApiError } from './errors.ts';

/** The host of an address; empty: it has none. */
const hostOf = (address: string): string => (URL.canParse(address) ? new URL(address).host : '');

/**
 * Whether it comes from no page of another origin. Browsers say where it comes from, by `Sec-Fetch-Site` or else by
 * `Origin`; a browser that does neither, as those of text, mostly sends `Referer`. One that says nothing at all has been
 * shown by people.
 */
export const isOfOurs = ({ headers }: Pick<FastifyRequest, 'headers'>): boolean => {
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin' || site === 'none') return true;
  const from = headers.origin ?? headers.referer;
  return site === undefined && (from === undefined || hostOf(from) === headers.host);
};

/** Refuses a form of another origin. @throws {ApiError} it comes from elsewhere */
export const mustBeOfOurs = (request: Pick<FastifyRequest, 'headers'>): void => {
  if (!isOfOurs(request))
    throw new ApiError('forbidden', 'the form was sent from a page of another origin');
};
