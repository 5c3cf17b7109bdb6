/**
 * What Node.js says of a process that a real-time signal has ended: that its code is 0. It
 * has no name for the number that libuv hands on, and drops it. As long as that is so the docs say
 * that such an end looks like code 0; when this fails, mend `endOf` of exec.ts and the docs, and do without kept-child.ts.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';

t.test('Node.js does not tell an end by a real-time signal from code 0', async (t) => {
  for (const number of [34, 35, 64]) {
    const child = spawn('/bin/sh', ['-c', `kill -${number} $$`], { stdio: 'ignore' });
    t.same(await once(child, 'exit'), [0, null], `signal ${number}`);
  }
});
