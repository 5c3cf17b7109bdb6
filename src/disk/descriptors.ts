/** Whether files can be opened, asked before something that leaves others open when it finds out halfway. */

import { closeSync, openSync } from 'node:fs';

/** Three pipes, and one by which the start of the child is heard of; both ends. */
const neededForChild = 8;

/**
 * Node.js leaves pipes to a child open when it finds halfway that no more can be made, and they would be lacking for
 * as long as this process runs.
 *
 * @throws {NodeJS.ErrnoException} `EMFILE` or `ENFILE`: a child with pipes cannot be started now
 */
export const requireDescriptorsForChild = (): void => {
  const opened: number[] = [];
  try {
    while (opened.length < neededForChild) opened.push(openSync('/dev/null', 'r'));
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
};
