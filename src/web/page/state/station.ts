/** The station that has served the page, asked over the API by whoever has signed in. */

import { createClient } from '../../../client/client.ts';
import type { Client } from '../../../client/client.ts';
import { ApiError } from '../../../client/errors.ts';
import type { ProblemDetails } from '../../../client/types.ts';
import { headerSaid } from './clock.ts';
import { folder } from './router.ts';

/**
 * Browsers send the cookie of the session by themselves, also for pages of others; this header they send for pages of
 * the same origin only. The API takes the cookie with it, and not without.
 */
export const pageHeader = { 'halcyon-page': '1' } as const;

const expiryListeners = new Set<() => void>();

/** Told when the session has ended, as far as anybody has noticed. */
export const onExpiry = (listener: () => void): (() => void) => {
  expiryListeners.add(listener);
  return () => void expiryListeners.delete(listener);
};

/** Sends a request as the page, below its folder. */
export const pageFetch = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(pageHeader)) headers.set(name, value);
  const answer = await fetch(url, { ...init, headers, credentials: 'same-origin' });
  headerSaid(answer.headers.get('date'));
  if (answer.status === 401 && (await codeOf(answer.clone())) === 'unauthenticated')
    for (const listener of expiryListeners) listener();
  return answer;
};

/** Of a refusal; a right that has to be taken up first is answered 401, too. */
const codeOf = async (answer: Response): Promise<string | undefined> => {
  try {
    return ((await answer.json()) as Partial<ProblemDetails>).code;
  } catch {
    return undefined;
  }
};

/** The API, with the rights of whoever has signed in. */
export const station: Client = createClient({
  station: folder.href.replace(/\/$/, ''),
  fetch: pageFetch as typeof fetch,
});

/** Whether nobody has signed in any more. */
export const isExpired = (error: unknown): boolean =>
  error instanceof ApiError && error.code === 'unauthenticated';
