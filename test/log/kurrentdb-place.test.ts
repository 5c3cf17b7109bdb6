/** Where a log on KurrentDB is, and who the station is there. */

import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { credentialsOf } from '../../src/log/kurrentdb/credentials.ts';
import { readPlace } from '../../src/log/kurrentdb/place.ts';
import { openLog } from '../../src/log/open.ts';
import { folderOf } from '../folder.ts';

t.test('a URL names hosts, a stream and what is special', async (t) => {
  t.same(readPlace('//db1.example.org', false), {
    ...{ hosts: [{ address: 'db1.example.org', port: 2113 }], discover: false },
    ...{ stream: 'halcyon', tls: true, maxAppendSize: 1_048_576, files: {} },
  });
  const place = readPlace(
    '//db1:2114,db2,10.0.0.3:1/log.2?tlsCAFile=%2Fetc%2Fssl%2Fown%20ca.crt&maxAppendSize=4194304',
    false,
  );
  t.match(place, { stream: 'log.2', maxAppendSize: 4_194_304 });
  t.same(
    place.hosts.map(({ address, port }) => `${address}:${port}`),
    ['db1:2114', 'db2:2113', '10.0.0.3:1'],
  );
  t.same(place.files, { tlsCAFile: '/etc/ssl/own ca.crt' });
  t.match(readPlace('//cluster.example.org/x', true), { discover: true, stream: 'x' });
});

t.test('clear text is for this machine, unless it is accepted by name', async (t) => {
  t.match(readPlace('//localhost,127.0.0.2:3/x?tls=false', false), { tls: false });
  const network = /clear text; leave out tls=false, or add cleartext=accepted/;
  t.throws(() => readPlace('//db1/x?tls=false', false), { message: network });
  t.throws(() => readPlace('//127.0.0.1,db1/x?tls=false', false), { message: network });
  t.match(readPlace('//db1/x?tls=false&cleartext=accepted', false), { tls: false });
});

t.test('any other URL is refused, and is not repeated', async (t) => {
  for (const [url, why] of [
    ['kurrentdb:db1/secret', /names no host/],
    ['kurrentdb:///secret', /no name or IPv4 address/],
    ['kurrentdb://secret:pass@db1/x', /password/],
    ['kurrentdb://secret:pass@db1:1,db2:2/x', /its URL holds a user or a password/],
    ['kurrentdb://db1:0/secret', /no name or IPv4 address with a port/],
    ['kurrentdb://db1:70000/secret', /no name or IPv4 address with a port/],
    ['kurrentdb://[::1]/secret', /no name or IPv4 address/],
    ['kurrentdb://db1/a/secret', /its stream has a name that is not taken/],
    ['kurrentdb://db1/$secret', /its stream has a name that is not taken/],
    ['kurrentdb://db1/x?secret=1', /an option that there is not; there are tls, /],
    ['kurrentdb://db1/x?tls=secret', /tls is neither/],
    ['kurrentdb://db1/x?maxAppendSize=secret', /maxAppendSize is wrong; give bytes, 65536 to/],
    ['kurrentdb://db1/x?maxAppendSize=17000000', /maxAppendSize is wrong/],
    ['kurrentdb+discover://db1,db2/x', /takes one name/],
    ['esdb://db1/x?secret', /an option that there is not/],
  ] as const) {
    const refused = await openLog(url).then(
      () => null,
      (error: Error) => error,
    );
    t.match(refused, { name: 'LogUrlError', message: why }, url);
    t.notMatch(refused!.message, /secret|pass@/);
  }
});

t.test('who the station is comes from the environment, with both halves', async (t) => {
  const directory = folderOf(t);
  const file = join(directory, 'password');
  writeFileSync(file, 'to:the@moon %\n', { mode: 0o600 });
  const named = { KURRENTDB_USER: 'station', KURRENTDB_PASSWORD_FILE: file };
  const known = { username: 'station', password: 'to:the@moon %' };
  t.same(credentialsOf(named), known);
  t.same(credentialsOf({ KURRENTDB_USER: 'station', KURRENTDB_PASSWORD: 'x' }), {
    ...{ username: 'station', password: 'x' },
  });
  t.same(credentialsOf({ ...named, KURRENTDB_PASSWORD: 'x' }), known, 'the file counts');
  t.equal(credentialsOf({ KURRENTDB_USER: '' }), undefined);
  t.throws(() => credentialsOf({ KURRENTDB_USER: 'station' }), {
    message: /a user for KurrentDB and no password; set KURRENTDB_PASSWORD_FILE/,
  });
  t.throws(() => credentialsOf({ KURRENTDB_PASSWORD: 'x' }), { message: /set KURRENTDB_USER/ });
  chmodSync(file, 0o644);
  t.throws(() => credentialsOf(named), { message: /everybody may read it; close it/ });
  writeFileSync(file, '\n', { mode: 0o600 });
  chmodSync(file, 0o600);
  t.throws(() => credentialsOf(named), { message: /it is empty/ });
  const missing = { ...named, KURRENTDB_PASSWORD_FILE: join(directory, 'none') };
  t.throws(() => credentialsOf(missing), {
    code: 'log-unavailable',
    message: /names .*none: ENOENT/,
  });
});
