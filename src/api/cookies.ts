/** Cookies that hold a token: read, set and dropped alike, whichever pages they are of. */

import type { FastifyReply, FastifyRequest } from 'fastify';

/** What a token may look like; nothing else is put into a header. */
export const tokenPattern = /^hal_[\w-]{1,200}$/;

/** The tokens that cookies of a name hold: those of folders further down come first, as browsers send them. */
export const tokensIn = ({ headers }: Pick<FastifyRequest, 'headers'>, name: string): string[] =>
  (headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim().split('='))
    .flatMap(([key, value = '']) => (key === name && tokenPattern.test(value) ? [value] : []));

/** The token that counts; undefined: none. */
export const tokenIn = (
  request: Pick<FastifyRequest, 'headers'>,
  name: string,
): string | undefined => tokensIn(request, name)[0];

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
