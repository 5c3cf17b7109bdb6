/** Which headers go from one station to the other, and back. All that is not named stays. */

import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/** Who passed a request on; it is not passed on once more. */
export const forwardedHeader = 'halcyon-forwarded';
/** Where the station is that leads. */
export const leaderHeader = 'halcyon-leader';

/**
 * What is asked, and by whom. Neither cookies nor where a page is from: those are for the station that was asked. Nor
 * the address of the client: whoever leads could not tell a true one from one that somebody made up.
 */
const ofRequests = [
  'accept',
  'authorization',
  'content-length',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'last-event-id',
  'prefer',
  'user-agent',
] as const;

/** What is about the connection, which is another one (RFC 9110 §7.6.1), or is said here. */
const notOfAnswers: ReadonlySet<string> = new Set([
  'connection',
  'date',
  'keep-alive',
  'proxy-authenticate',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export const toLeader = (
  headers: IncomingHttpHeaders,
  by: { readonly station: string; readonly authorization?: string | undefined },
): OutgoingHttpHeaders => {
  const passed: OutgoingHttpHeaders = { [forwardedHeader]: by.station };
  for (const name of ofRequests) {
    const value = headers[name];
    if (value !== undefined) passed[name as string] = value;
  }
  if (by.authorization !== undefined) passed.authorization = by.authorization;
  return passed;
};

export const fromLeader = (headers: IncomingHttpHeaders): OutgoingHttpHeaders => {
  const passed: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !notOfAnswers.has(name)) passed[name] = value;
  return passed;
};
