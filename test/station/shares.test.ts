/** What one principal, and all together, may have under way. */

import t from 'tap';
import { Share } from '../../src/station/fair-use/shares.ts';

t.test(
  'each has its share, all together have theirs, and what is given back is free',
  async (t) => {
    const share = new Share('waits', { each: 2, inAll: 3 });
    const first = share.take('token:a');
    share.take('token:a');
    t.throws(() => share.take('token:a'), {
      code: 'too-many-requests',
      retryAfter: 2,
      message: /^you have 2 waits under way/,
    });
    share.take('token:b');
    t.throws(() => share.take('token:b'), { message: /^there are 3 waits under way/ });
    first();
    first();
    share.take('token:b');
    t.throws(() => share.take('token:c'), { code: 'too-many-requests' }, 'given back once only');
  },
);
