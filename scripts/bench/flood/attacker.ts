/**
 * A process of its own that floods a station: told the flood's name and its target, it says that it
 * begins; told anything else, it ends that flood, says how often it asked, and waits for the next.
 */

import { once } from 'node:events';
import type { Target } from './flood.ts';
import { floods } from './index.ts';

process.once('disconnect', () => process.exit(1));
for (;;) {
  const [{ name, target }] = (await once(process, 'message')) as [{ name: string; target: Target }];
  const flood = floods.find((one) => one.name === name);
  if (!flood) throw new Error(`there is no flood "${name}"`);

  const end = new AbortController();
  process.once('message', () => end.abort());
  process.send!('begun');
  process.send!(await flood.run(target, end.signal));
}
