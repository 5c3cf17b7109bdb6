/**
 * The cookie of the pages: the token by which somebody has signed in. Only these pages take it; to the API it says
 * nothing, so that no other page can make a browser ask for something there.
 */

import type { FastifyReply, FastifyRequest } from 'fastify';

const name = 'halcyon';

/** What a token may look like; nothing else is put into a header. */
export const tokenPattern = /^hal_[\w-]{1,200}$/;

/** The token that a request's cookie holds; undefined: none. */
export const tokenOf = ({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined => {
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

/** Without a path: that is the folder of the page that sets it then, wherever a proxy has put it. */
const setCookie = (request: FastifyRequest, reply: FastifyReply, value: string): void => {
  const flags = `HttpOnly; SameSite=Strict${isSecure(request) ? '; Secure' : ''}`;
  reply.header('set-cookie', `${name}=${value}; ${flags}`);
};

/** Until the browser is closed, or the token ends. Call it from a page of the folder itself. */
export const keepToken = (request: FastifyRequest, reply: FastifyReply, token: string): void =>
  setCookie(request, reply, token);

export const dropToken = (request: FastifyRequest, reply: FastifyReply): void =>
  setCookie(request, reply, '; Max-Age=0');
