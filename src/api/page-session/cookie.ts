/**
 * The cookie of the page: the token of whoever has signed in. A browser sends it with whatever makes it ask, so that it
 * counts only where the request is one that no other page can have sent.
 */

import type { FastifyRequest } from 'fastify';
import { pageHeader } from '../../contract/page-session.ts';
import { tokenIn } from '../cookies.ts';
import { isOfOurs } from '../origin.ts';

/** Cookies know no ports: with another name, stations on one host do not sign each other's people out. */
export const cookieName = (mark: string): string => `halcyon-${mark}`;

/** Whether a request has the header of the page. */
export const isOfPage = ({ headers }: Pick<FastifyRequest, 'headers'>): boolean =>
  headers[pageHeader.name] === pageHeader.value;

type Cookied = Pick<FastifyRequest, 'headers' | 'routeOptions'>;

/**
 * A page cannot have a browser send a header when it opens a WebSocket. Of which page it is, browsers say then without
 * fail; and it is let in so to what is for pages only.
 */
const isSocketOfPage = ({ headers, routeOptions }: Cookied): boolean =>
  routeOptions.config.pageSocket === true && headers.origin !== undefined;

/** The token that the cookie of a request holds, or why it counts for nothing. */
export const cookieIn = (request: Cookied, mark: string): { readonly token: string } | string => {
  const token = tokenIn(request, cookieName(mark));
  if (token === undefined) return 'no token was sent';
  if (!isOfPage(request) && !isSocketOfPage(request))
    return 'no token was sent, and the cookie counts only with the header Halcyon-Page: 1';
  if (!isOfOurs(request))
    return 'no token was sent, and the cookie counts only for pages of this station';
  return { token };
};
