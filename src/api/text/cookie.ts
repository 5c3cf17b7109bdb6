/**
 * The cookie of the pages without JavaScript: the token by which somebody has signed in. Only these pages take it; to
 * the API it says nothing, so that no other page can make a browser ask for something there.
 */

import type { FastifyReply, FastifyRequest } from 'fastify';
import * as cookies from '../cookies.ts';

const name = 'halcyon';

/** The token that a request's cookie holds; undefined: none. */
export const tokenOf = (request: Pick<FastifyRequest, 'headers'>): string | undefined =>
  cookies.tokenIn(request, name);

export const keepToken = (request: FastifyRequest, reply: FastifyReply, token: string): void =>
  cookies.keepToken(request, reply, name, token);

export const dropToken = (request: FastifyRequest, reply: FastifyReply): void =>
  cookies.dropToken(request, reply, name);
