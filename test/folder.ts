/** Folders of tests. */

import type { Test } from 'tap';

/**
 * A folder with what `content` names, for as long as a test lasts and everything that it started.
 *
 * Tap removes a folder before it calls the first `teardown` where that came after the folder: a daemon that still ran
 * there could write meanwhile, so that the folder was not removed and no daemon ended.
 */
export const folderOf = (t: Test, content: Parameters<Test['testdir']>[0] = {}): string => {
  t.teardown(() => undefined);
  return t.testdir(content);
};
