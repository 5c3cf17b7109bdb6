/** Logs are opened by their URL. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { logForms, openLog } from '../../src/log/open.ts';
import { revision } from '../../src/core/values/revision.ts';
import { folderOf } from '../folder.ts';
import { commitAt } from './contract.ts';

t.test('sqlite: is a log in a directory', async (t) => {
  const directory = join(folderOf(t), 'made');
  const log = await openLog(`sqlite:${directory}`);
  await log.append(commitAt(1), revision(0));
  t.equal(log.durability, 'disk');
  t.match(log.files, { directory, database: join(directory, 'log.db'), trouble: undefined });
  t.ok(existsSync(join(directory, 'log.db')));
  await log.close();
  const again = await openLog(`sqlite:${directory}`, { verify: 'full' });
  t.equal(again.head(), 1);
  await again.close();
});

t.test('memory: is a log that is gone when it is closed', async (t) => {
  const log = await openLog('memory:');
  await log.append(commitAt(1), revision(0));
  t.match(log, { durability: 'memory', files: undefined });
  await log.close();
  const another = await openLog('memory:');
  t.equal(another.head(), 0);
  await another.close();
});

t.test('any other URL is refused with those that there are, and is not repeated', async (t) => {
  for (const [url, why] of [
    ['redis://user@host/secret', /knows no logs of kind redis/],
    ['/var/lib/halcyon', /its URL names no kind of log/],
    ['toString:', /knows no logs of kind|names no kind/],
    ['sqlite:', /sqlite: is written otherwise/],
    ['memory:secret', /memory: is written otherwise/],
    ['postgres:', /postgres: is written otherwise/],
  ] as const) {
    const refused = await openLog(url).then(
      () => null,
      (error: Error) => error,
    );
    t.match(refused, { code: 'log-unavailable', message: why });
    t.ok(refused!.message.endsWith(`give ${logForms.join(' or ')}`));
    t.notMatch(refused!.message, /secret/);
  }
});

t.test('a password in a URL is refused, of whatever kind, and is not repeated', async (t) => {
  for (const url of ['redis://user:secret@host', 'sqlite://user:secret@host/var', 'x://:secret@h'])
    await t.rejects(openLog(url), {
      name: 'LogUrlError',
      message: /^(?!.*secret).*its URL holds a password/,
    });
});
