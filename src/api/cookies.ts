/** Cookies that hold a token: read, set and dropped alike, whichever pages they are of. */

import type { FastifyReply, FastifyRequest } from 'fastify';

/** What a token may look like; nothing else is put into a header. */
export const tokenPattern = /^hal_[\w-]{1,200}$/;

/** The token that the cookie of a name holds; undefined: none. */
export const tokenIn = (
  { headers }: Pick<FastifyRequest, 'headers'>,
  name: string,
): string | undefined => {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [key, value = ''] = pair.trim().split('=');
    if (key === name && tokenPattern.test(value)) return value;
  }
  return undefined;
};

/**
 * Whether the browser speaks TLS: with the station, or with a proxy before it that says so. Whoever says so of itself
 * only keeps the cookie from being sent without.
 */
const isSecure = ({ raw, headers }: FastifyRequest): boolean =>
  (raw.socket as { encrypted?: boolean }).encrypted === true ||
  /^https\b/.test(String(headers['x-forwarded-proto'] ?? '')) ||
  /^https:/.test(headers.origin ?? '');

/** Without a path: that is the folder of the address that sets it then, wherever a proxy has put it. */
const setCookie = (
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  value: string,
): void => {
  const flags = `HttpOnly; SameSite=Strict${isSecure(request) ? '; Secure' : ''}`;
  reply.header('set-cookie', `${name}=${value}; ${flags}`);
};

/** Until the browser is closed, or the token ends. Call it at an address of the folder itself. */
export const keepToken = (
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  token: string,
): void => setCookie(request, reply, name, token);

export const dropToken = (request: FastifyRequest, reply: FastifyReply, name: string): void =>
  setCookie(request, reply, name, '; Max-Age=0');
