/** How pages ask the API. */

import { once } from 'node:events';
import { request } from 'node:http';
import fastify from 'fastify';
import t from 'tap';
import { abandonment } from '../../src/api/asker.ts';
import { apiOf, RefusedError } from '../../src/api/own-requests.ts';

t.test('who leaves while a page is made ends what was asked for it', async (t) => {
  const app = fastify({ forceCloseConnections: true });
  t.teardown(() => app.close());
  const ask = apiOf(app);
  const begun = Promise.withResolvers<undefined>();
  const ended = Promise.withResolvers<unknown>();
  const told = Promise.withResolvers<unknown>();
  app.get('/api/v1/slow', async (_request, reply) => {
    const signal = abandonment(reply);
    begun.resolve(undefined);
    await once(signal, 'abort');
    ended.resolve(signal.reason);
    return reply.hijack();
  });
  app.get('/page', async (request, reply) => {
    const asking = { method: 'GET', path: '/slow' } as const;
    const refused = await ask(request, reply, asking).catch((error: unknown) => error);
    told.resolve(refused);
    return reply.hijack();
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const asked = request(`${url}/page`);
  asked.on('error', () => undefined).end();
  await begun.promise;
  asked.destroy();
  t.match(await ended.promise, { name: 'Abandoned' }, 'what was asked goes no further');
  t.match(await told.promise, { name: 'Abandoned' }, 'and the page is no failure');
});

t.test('what the API refuses comes with its problem, and when to try again', async (t) => {
  const app = fastify();
  t.teardown(() => app.close());
  const ask = apiOf(app);
  app.get('/api/v1/busy', (request, reply) => {
    t.equal(request.headers.authorization, 'Bearer hal_a_b');
    return reply.code(429).header('retry-after', 5).send({ status: 429, detail: 'later' });
  });
  app.get('/page', async (request, reply) => {
    const asking = { method: 'GET', path: '/busy', token: 'hal_a_b' } as const;
    const error = await ask(request, reply, asking).catch((error: unknown) => error);
    t.ok(error instanceof RefusedError);
    t.match(error, { problem: { status: 429, detail: 'later' }, retryAfter: '5' });
    return 'told';
  });
  t.equal((await app.inject('/page')).body, 'told');
});
