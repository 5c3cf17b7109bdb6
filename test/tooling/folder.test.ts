/** Folders of tests: they are there for as long as anything that a test started. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folderOf } from '../folder.ts';

t.test(
  'a folder is removed after all else of its test, when that was made later, too',
  async (t) => {
    let folder = '';
    let wasThere = false;
    await t.test('a test with something in a folder', async (t) => {
      folder = folderOf(t, { data: { file: 'content' } });
      t.ok(existsSync(join(folder, 'data', 'file')));
      t.teardown(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        wasThere = existsSync(join(folder, 'data', 'file'));
      });
    });
    t.ok(wasThere, 'while it was ended');
    t.notOk(existsSync(folder), 'and not after');
  },
);
