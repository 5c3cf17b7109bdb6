/** A search for secrets finds them, wherever and however they are shown. */

import { spawn } from 'node:child_process';
import { hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folderOf } from '../folder.ts';
import { formsOf, keptIn, processes, SecretSearch } from './secret-search.ts';

const random = randomBytes(32);
const ofStation = `hal_0123456789ab_${random.toString('base64url')}`;
const ofObm = randomBytes(16).toString('hex');
const password = 'not "it" \\ 100 %é';
const secrets = [ofStation, ofObm, password];

const found = (text: string): string[] => {
  const search = new SecretSearch();
  for (const secret of secrets) search.add(secret, secret);
  search.look('here', text);
  return [...search.found];
};

t.test('a secret is found in whatever form a file has it, and its hash is none', async (t) => {
  const folder = folderOf(t, {});
  const keep = (bytes: string | Buffer): void => writeFileSync(join(folder, 'kept'), bytes);
  for (const secret of secrets) {
    for (const form of formsOf(secret)) {
      keep(Buffer.from(`x${form}y`, 'latin1'));
      t.same(found(keptIn(folder)), [`${secret} in here`]);
    }
    for (const before of ['', 'admin:', '12'])
      for (const encoding of ['base64', 'base64url', 'hex'] as const) {
        keep(Buffer.from(`${before}${secret};`).toString(encoding));
        t.same(found(keptIn(folder)), [`${secret} in here`], `behind ${before} in ${encoding}`);
      }
    keep(hash('sha256', secret));
    t.same(found(keptIn(folder)), []);
  }
  keep(Buffer.concat([Buffer.from('\0'), random, Buffer.from(ofObm, 'hex')]));
  t.same(found(keptIn(folder)), [`${ofStation} in here`, `${ofObm} in here`]);
});

t.test('a secret is found in the arguments and in the environment of any process', async (t) => {
  t.same(found(processes()), []);
  for (const [more, env] of [
    [[ofObm], {}],
    [[], { SECRET: ofObm }],
  ] as const) {
    const child = spawn('sh', ['-c', 'echo; read -r _', 'sh', ...more], { env });
    t.teardown(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    t.same(found(processes()), [`${ofObm} in here`]);
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  }
});
