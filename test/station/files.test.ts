/** Facts and roles are read beside everything else that a station does. */

import t from 'tap';
import { FilesReader } from '../../src/station/loading/files.ts';

const facts = (hosts: number, name = 'facts.yaml'): { facts: { name: string; text: string } } => ({
  facts: {
    name,
    text: `cluster: big\nhosts:\n${Array.from({ length: hosts }, (_, i) => `  - fqdn: n${i}.example\n    roles: []\n`).join('')}`,
  },
});

t.test('others go on while large files are read', async (t) => {
  const reader = new FilesReader();
  t.teardown(() => reader.close());
  let [isRead, turns] = [false, 0];
  const reading = reader.read({ ...facts(3000), roles: [] }).then((result) => {
    isRead = true;
    return result;
  });
  while (!isRead) {
    turns += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const result = await reading;
  t.equal(result.ok && result.declaration.hosts.length, 3000);
  t.ok(turns > 1, `${turns} turns meanwhile`);
});

t.test(
  'files that come together are read one after the other, each gets its own answer',
  async (t) => {
    const reader = new FilesReader();
    t.teardown(() => reader.close());
    const results = await Promise.all([
      reader.read({ ...facts(2), roles: [] }),
      reader.read({ facts: { name: 'wrong.yaml', text: 'hosts: 3\n' }, roles: [] }),
      reader.read({ ...facts(1), roles: [] }),
    ]);
    t.strictSame(
      results.map((result) =>
        result.ok ? result.declaration.hosts.length : result.problems[0]?.file,
      ),
      [2, 'wrong.yaml', 1],
    );
  },
);

t.test('files that take too much memory are refused, and the next ones are read', async (t) => {
  const reader = new FilesReader(64);
  t.teardown(() => reader.close());
  const result = await reader.read({ ...facts(50_000, 'huge.yaml'), roles: [] });
  t.match(!result.ok && result.problems, [
    { file: 'huge.yaml', message: 'Reading it takes more than 64 MiB of memory.' },
  ]);
  t.ok((await reader.read({ ...facts(1), roles: [] })).ok);
});

t.test('a station that stops does not wait for files that are being read', async (t) => {
  const reader = new FilesReader();
  const reading = reader.read({ ...facts(10_000), roles: [] });
  setTimeout(() => void reader.close(), 50);
  await t.rejects(reading, { message: 'the station is stopping; nothing was loaded' });
});
