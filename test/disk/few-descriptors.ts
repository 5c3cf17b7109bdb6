/**
 * A process that has fewer and fewer descriptors to spare, and starts children with pipes wherever it may. It prints, for
 * each number to spare, whether a child was started and how many descriptors were lost.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { requireDescriptorsForChild } from '../../src/disk/descriptors.ts';

const opened = (): number => readdirSync('/proc/self/fd').length;

const start = async (isAsked: boolean): Promise<boolean> => {
  try {
    if (isAsked) requireDescriptorsForChild();
  } catch {
    return false;
  }
  const child = spawn('true', { stdio: 'pipe' });
  child.on('error', () => undefined);
  if (child.pid === undefined) return false;
  await once(child, 'close');
  return true;
};

const [how] = process.argv.slice(2);
// The first one opens what is kept for all.
await start(false);
for (let spare = 12; spare >= 0; spare -= 1) {
  const before = opened();
  const held: number[] = [];
  try {
    for (;;) held.push(openSync('/dev/null', 'r'));
  } catch {
    // There are no more.
  }
  for (let i = 0; i < spare; i += 1) closeSync(held.pop()!);
  const isStarted = await start(how === 'asked');
  for (const descriptor of held) closeSync(descriptor);
  process.stdout.write(`${JSON.stringify({ spare, isStarted, lost: opened() - before })}\n`);
}
