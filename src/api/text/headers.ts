/** What goes with every page: nothing in it runs, nobody frames it, and nobody keeps it. */

import type { FastifyReply } from 'fastify';

const policy = [
  ...["default-src 'none'", "style-src 'self'", "form-action 'self'"],
  ...["frame-ancestors 'none'", "base-uri 'none'"],
].join('; ');

/** `same-origin` rather than none: without it browsers send forms as if from nowhere (`Origin: null`). */
export const pageHeaders = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

export const sendPage = (reply: FastifyReply, status: number, html: string): FastifyReply =>
  reply.code(status).type('text/html; charset=utf-8').send(html);
