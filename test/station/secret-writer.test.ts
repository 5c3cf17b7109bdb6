/** Secrets that change close together are written at once. */

import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { FileSecrets } from '../../src/station/access/file-secrets.ts';
import { keysOf } from '../../src/station/access/keys.ts';
import { SecretWriter } from '../../src/station/obm/secret-writer.ts';
import { HandTime } from './hand-time.ts';
import { temporary } from './harness.ts';

const keys = keysOf(Buffer.alloc(32));
const secret = (password: string): { user: string; password: string } => ({ user: '', password });

t.test('what comes together is one write, and is there when it is told', async (t) => {
  const directory = temporary(t);
  const time = new HandTime();
  const secrets = new FileSecrets(directory, keys);
  const writer = new SecretWriter(secrets, time);
  const inode = (): number => statSync(join(directory, 'secrets.json')).ino;
  const first = Promise.all(['a', 'b', 'c'].map((name) => writer.put(name, secret(name))));
  t.same(secrets.names, [], 'nothing is written yet');
  await time.pass(10);
  await first;
  t.same(secrets.names, ['a', 'b', 'c']);
  const written = inode();
  const second = [writer.forget('a', 'none'), writer.put('b', secret('x')), writer.forget('c')];
  const again = writer.put('c', secret('y'));
  t.equal(inode(), written);
  await time.pass(10);
  await Promise.all([...second, again]);
  const kept = new FileSecrets(directory, keys);
  t.same(kept.names.toSorted(), ['b', 'c']);
  t.match([kept.get('b'), kept.get('c')], [{ password: 'x' }, { password: 'y' }], 'the last word');
});

t.test('where it cannot be written all are told, and the next ones are tried again', async (t) => {
  const parent = temporary(t);
  const [directory, elsewhere] = [join(parent, 'data'), join(parent, 'elsewhere')];
  mkdirSync(directory);
  const time = new HandTime();
  const secrets = new FileSecrets(directory, keys);
  const writer = new SecretWriter(secrets, time);
  renameSync(directory, elsewhere);
  const failing = [writer.put('a', secret('a')), writer.put('b', secret('b'))];
  const told = Promise.allSettled(failing);
  await time.pass(10);
  t.match(await told, [
    { status: 'rejected', reason: { code: 'append-failed' } },
    { status: 'rejected', reason: { code: 'append-failed' } },
  ]);
  t.same(secrets.names, []);
  renameSync(elsewhere, directory);
  const working = writer.put('b', secret('b'));
  await time.pass(10);
  await working;
  t.same(secrets.names, ['b'], 'what had failed is not kept behind anybody’s back');
});
