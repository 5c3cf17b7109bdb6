/** known_hosts is read as OpenSSH reads it; `ssh-keygen -F` is asked what it finds. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import {
  hostKeyAlgorithms,
  hostPattern,
  joinKnownHosts,
  knownHostLine,
  knownOf,
  parseKnownHosts,
  standingOf,
} from '../../../src/checks/ssh/known-hosts.ts';
import { KnownHostsStore } from '../../../src/checks/ssh/known-hosts-file.ts';
import { systemTime } from '../../../src/checks/ssh/time.ts';
import { folderOf, makeKey, neverAborted, run } from './sshd.ts';

const publicKey = (path: string): { text: string; blob: Buffer } => {
  const [type, base64 = ''] = readFileSync(`${path}.pub`, 'utf8').split(' ');
  return { text: `${type} ${base64}`, blob: Buffer.from(base64, 'base64') };
};

const folder = folderOf(t);
const [one, other, rsa] = [
  publicKey(makeKey(folder, 'one')),
  publicKey(makeKey(folder, 'other')),
  publicKey(makeKey(folder, 'rsa', '-t', 'rsa', '-b', '2048')),
];

/** Lines of the file that ssh-keygen finds for a host. */
const found = (file: string, host: string): number[] =>
  spawnSync('ssh-keygen', ['-F', host, '-f', file], { encoding: 'utf8' })
    .stdout.split('\n')
    .flatMap((line) =>
      [...line.matchAll(/^# Host .* found: line (\d+)/g)].map(([, n]) => Number(n)),
    );

t.test('lines cover the hosts that ssh-keygen finds them for', async () => {
  const label = fc.constantFrom('n1', 'n2', 'N1', 'web', '0', 'null', '1e3', 'constructor', 'n');
  const name = fc
    .tuple(label, fc.constantFrom('', '.savio3', '.b', '.Savio3'))
    .map(([first, rest]) => `${first}${rest}`);
  const host = fc.oneof(
    name,
    fc.tuple(name, fc.integer({ min: 1, max: 99 })).map(([at, port]) => `[${at}]:${port}`),
    fc.constantFrom('10.0.0.1', 'fe80::1', '[10.0.0.1]:2222'),
  );
  const pattern = fc.oneof(
    host,
    fc.constantFrom(
      '*',
      'n?',
      'n*',
      '*.savio3',
      '!n1',
      '!*.b',
      '[*]:22',
      '[n?]:*',
      '*1*',
      '??',
      '',
    ),
  );
  const hosts = fc.array(pattern, { minLength: 1, maxLength: 4 }).map((all) => all.join(','));
  const marker = fc.constantFrom('', '', '', '@cert-authority ', '@revoked ');
  const line = fc.oneof(
    { weight: 8, arbitrary: fc.tuple(marker, hosts).map(([m, h]) => `${m}${h} ${one.text} note`) },
    {
      weight: 3,
      arbitrary: host.map((h) => knownHostLine(h, other.blob, randomBytes(20))),
    },
    { weight: 1, arbitrary: fc.constantFrom('', '# n1 remark', `  \t${'n1'} ${one.text}`) },
  );
  const property = fc.property(fc.array(line, { maxLength: 6 }), host, (lines, wanted) => {
    const file = join(folder, 'generated');
    const text = `${lines.join('\n')}\n`;
    writeFileSync(file, text);
    // ssh itself asks in lower case, which ssh-keygen leaves to whoever types.
    const asked = wanted.toLowerCase();
    const its = knownOf(parseKnownHosts(text), asked);
    const ours = [...its.plain, ...its.authorities, ...its.revoked].map((entry) => entry.line);
    assert.deepEqual(
      ours.toSorted((a, b) => a - b),
      found(file, asked),
      `${asked} in\n${text}`,
    );
  });
  fc.assert(property, { numRuns: 60 });
});

t.test('ssh-keygen reads what is learnt, by name and by hash', async (t) => {
  for (const hashed of [false, true]) {
    const file = join(folder, `learnt-${hashed}`);
    writeFileSync(file, `# without an end`);
    const store = new KnownHostsStore({ paths: [file], hashed }, systemTime, randomBytes);
    for (const [host, port] of [
      ['n1.savio3', 22],
      ['constructor', 2222],
    ] as const) {
      const name = hostPattern(host, port);
      t.equal(await store.learn(name, one.blob, neverAborted), true);
      t.equal(found(file, name).length, 1, `${name}, ${hashed}`);
      t.equal(standingOf(knownOf(store.known(), name), one.blob), 'known');
    }
    t.equal(readFileSync(file, 'utf8').includes('n1.savio3'), !hashed);
    t.equal(readFileSync(file, 'utf8').split('\n').length, 4);
    t.match(run('ssh-keygen', '-l', '-f', file), /ED25519/);
  }
});

t.test('two that learn at once write each host once, and whole lines', async (t) => {
  const file = join(folder, 'shared');
  const stores = [1, 2].map(() => new KnownHostsStore({ paths: [file] }, systemTime, randomBytes));
  const hosts = Array.from({ length: 20 }, (_, index) => `n${index}`);
  const learnt = await Promise.all(
    hosts.flatMap((host) => stores.map((store) => store.learn(host, one.blob, neverAborted))),
  );
  t.ok(learnt.every(Boolean));
  t.strictSame(
    parseKnownHosts(readFileSync(file, 'utf8')).entries.map(({ line }) => line).length,
    hosts.length,
  );
  t.equal(
    await stores[0]?.learn('n1', other.blob, neverAborted),
    false,
    'another key of a known host',
  );
});

t.test('a line that was cut names no other key', async () => {
  for (const { text, blob } of [one, rsa]) {
    const line = `n1 ${text}`;
    for (let length = 1; length < line.length; length += 1) {
      const known = parseKnownHosts(line.slice(0, length));
      const wrong = known.entries.filter(({ key }) => !key.equals(blob));
      assert.deepEqual(wrong, [], line.slice(0, length));
    }
  }
});

t.test('a host is learnt again where its line did not fit on the disk', async (t) => {
  const file = join(folder, 'short');
  writeFileSync(file, '# a remark\n');
  const module = join(import.meta.dirname, '../../../src/checks/ssh');
  const script = `
    import { KnownHostsStore } from '${module}/known-hosts-file.ts';
    import { systemTime } from '${module}/time.ts';
    const store = new KnownHostsStore({ paths: ['${file}'] }, systemTime, Buffer.alloc);
    const key = Buffer.from('${one.blob.toString('base64')}', 'base64');
    await store.learn('n1', key, new AbortController().signal).then(console.log, ({ code }) => console.log(code));`;
  // Files of that process may not grow beyond this: like a full disk.
  const args = ['--fsize=60', process.execPath, '--input-type=module', '-e', script];
  const { stdout } = spawnSync('prlimit', args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  t.equal(stdout.trim(), 'EFBIG', 'it says so');
  t.equal(readFileSync(file).length, 60, 'and a part is there');
  const store = new KnownHostsStore({ paths: [file] }, systemTime, randomBytes);
  t.equal(await store.learn('n1', one.blob, neverAborted), true);
  t.equal(standingOf(knownOf(store.known(), 'n1'), one.blob), 'known');
});

t.test('a key is known, changed, unknown or revoked', async (t) => {
  const known = parseKnownHosts(
    [
      `n1 ${one.text}`,
      `n2 ${rsa.text}`,
      `@revoked * ${other.text}`,
      `n3 ${other.text}`,
      '@unheard-of n4 ssh-ed25519 AAAA',
      'n4 ssh-ed25519 not-base64!',
      `n4 ssh-rsa ${one.text.split(' ')[1]}`,
    ].join('\n'),
  );
  const standing = (host: string, { blob }: typeof one): string =>
    standingOf(knownOf(known, host), blob);
  t.equal(standing('n1', one), 'known');
  t.equal(
    standing('n2', one),
    'changed',
    'a key of another type than the known one is no new host',
  );
  t.equal(standing('n3', other), 'revoked', 'although a line has it as known');
  t.equal(standing('n4', one), 'unknown');
  t.strictSame(known.unread, [5, 6, 7], 'lines that say nothing are passed over');
  t.equal(
    hostKeyAlgorithms(knownOf(known, 'n2'))[0],
    'rsa-sha2-512',
    'what it is known by is asked for',
  );
  t.equal(hostKeyAlgorithms(knownOf(known, 'n1'))[0], 'ssh-ed25519');
  const both = joinKnownHosts([known, parseKnownHosts(`n1 ${rsa.text}\n`)]);
  t.equal(knownOf(both, 'n1').plain.length, 2);
});
