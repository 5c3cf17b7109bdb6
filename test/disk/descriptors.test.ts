/** Starting children where descriptors are short. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';

interface Try {
  readonly spare: number;
  readonly isStarted: boolean;
  readonly lost: number;
}

const tries = (how: 'asked' | 'unasked'): Try[] =>
  execFileSync(
    'sh',
    [
      '-c',
      'ulimit -n 64; exec "$0" "$@"',
      process.execPath,
      join(import.meta.dirname, 'few-descriptors.ts'),
      how,
    ],
    { encoding: 'utf8' },
  )
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Try);

t.test(
  'a child is started where there are descriptors for it, and none is lost where there are not',
  async (t) => {
    const all = tries('asked');
    t.same(
      all.filter(({ lost }) => lost !== 0),
      [],
    );
    t.ok(all.find(({ spare }) => spare === 8)?.isStarted);
    t.notOk(all.find(({ spare }) => spare === 7)?.isStarted);
  },
);

t.test('this is why: Node.js loses some when it finds out halfway', async (t) => {
  t.ok(
    tries('unasked').some(({ lost }) => lost > 0),
    'if this fails Node.js has mended it, and asking is needed no more',
  );
});
