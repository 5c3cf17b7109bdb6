/** What one token, and all together, may have under way. */

import type { FastifyRequest } from 'fastify';
import t from 'tap';
import { Share } from '../../src/api/shares.ts';

const by = (id: string): FastifyRequest => ({ credential: { id } }) as never;

t.test(
  'each has its share, all together have theirs, and what is given back is free',
  async (t) => {
    const share = new Share('waits', { each: 2, inAll: 3 });
    const first = share.take(by('a'));
    share.take(by('a'));
    t.throws(() => share.take(by('a')), {
      code: 'too-many-requests',
      status: 429,
      retryAfter: 2,
      message: /^the token has 2 waits under way/,
    });
    share.take(by('b'));
    t.throws(() => share.take(by('b')), { message: /^there are 3 waits under way/ });
    first();
    first();
    share.take(by('b'));
    t.throws(() => share.take(by('c')), { code: 'too-many-requests' }, 'given back once only');
    await t.rejects(
      share.during(by('c'), async () => undefined),
      { code: 'too-many-requests' },
    );
  },
);
