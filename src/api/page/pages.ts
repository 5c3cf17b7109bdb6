/**
 * The page in the browser: one document for all its addresses, and the files that it loads. Whoever asks gets them; what
 * the page then shows it asks of the API, with the rights of whoever has signed in.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { pagePaths } from '../../web/page-paths.ts';
import { ApiError } from '../errors.ts';
import { readBuiltPage } from './built.ts';
import type { BuiltFile, BuiltPage } from './built.ts';

/** Nothing but what this station serves; nothing inline, and in no frame. */
const policy = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'"],
  ...["connect-src 'self'", "font-src 'self'", "form-action 'self'", "base-uri 'self'"],
  ...["frame-ancestors 'none'"],
].join('; ');

const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** Their names hold a hash of what is in them. */
const forEver = 'public, max-age=31536000, immutable';
const askAgain = 'no-cache';

const open = { config: { access: 'public' } } as const;

export const browserPages = (app: FastifyInstance): void => {
  let built: BuiltPage | null = null;
  // Not before somebody asks: a station that nobody looks at needs none of it, and in a checkout it may be built later.
  const page = (): BuiltPage => {
    built ??= readBuiltPage();
    if (built) return built;
    const why = 'the page for the browser has not been built; run scripts/page, or use /text';
    throw new ApiError('not-found', why);
  };
  for (const path of Object.values(pagePaths))
    app.get(path, open, (request, reply) =>
      reply
        .headers({ ...headers, 'cache-control': askAgain })
        .type('text/html; charset=utf-8')
        .send(documentAt(page().document, request.url)),
    );
  const file = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const name = request.url.split('?')[0]!.slice(1);
    const found = page().files.get(name);
    if (!found) throw new ApiError('not-found', `the page has no file ${name}`);
    return sendFile(request, reply, found, name.startsWith('assets/') ? forEver : askAgain);
  };
  app.get('/assets/:name', open, file);
  app.get('/icon.svg', open, file);
};

/** All in the document is said from the folder of the page, wherever its address is. */
const documentAt = (document: string, url: string): string => {
  const depth = url.split('?')[0]!.split('/').length - 2;
  return document.replace('<base href="./" />', `<base href="${'../'.repeat(depth) || './'}" />`);
};

const sendFile = (
  { headers: asked }: FastifyRequest,
  reply: FastifyReply,
  { type, plain, gzip, etag }: BuiltFile,
  caching: string,
): FastifyReply => {
  reply.headers({ ...headers, 'cache-control': caching, etag, vary: 'accept-encoding' }).type(type);
  if (asked['if-none-match'] === etag) return reply.code(304).send();
  if (!/\bgzip\b/.test(asked['accept-encoding'] ?? '')) return reply.send(plain);
  return reply.header('content-encoding', 'gzip').send(gzip);
};
