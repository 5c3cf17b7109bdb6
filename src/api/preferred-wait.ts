/** How long a client would have its answer held back (RFC 7240 §4.3). */

import type { FastifyRequest } from 'fastify';

/** Seconds; undefined where it does not say. */
export const preferredWait = (request: Pick<FastifyRequest, 'headers'>): number | undefined => {
  const wish = /(?:^|[,;\s])wait=(\d{1,6})/.exec(String(request.headers.prefer ?? ''));
  return wish ? Number(wish[1]) : undefined;
};
