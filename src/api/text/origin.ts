/** Whether a form was sent from a page of this station (CSRF). */

import type { FastifyRequest } from 'fastify';
import { ApiError } from '../errors.ts';

/** The host of an address; empty: it has none. */
const hostOf = (address: string): string => (URL.canParse(address) ? new URL(address).host : '');

/**
 * Refuses a form of another origin. Browsers say where it comes from, by `Sec-Fetch-Site` or else by `Origin`; a browser
 * that does neither, as those of text, mostly sends `Referer`. One that says nothing at all has been shown by people.
 *
 * @throws {ApiError} it comes from elsewhere
 */
export const mustBeOfOurs = ({ headers }: Pick<FastifyRequest, 'headers'>): void => {
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin' || site === 'none') return;
  const from = headers.origin ?? headers.referer;
  if (site === undefined && (from === undefined || hostOf(from) === headers.host)) return;
  throw new ApiError('forbidden', 'the form was sent from a page of another origin');
};
