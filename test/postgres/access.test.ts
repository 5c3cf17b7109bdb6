/** Who is let in, by which password, and over which encryption: as PostgreSQL's users expect. */

import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { passwordFor } from '../../src/log/postgres/password.ts';
import { tlsOf } from '../../src/log/postgres/tls.ts';
import { parsePlace } from '../../src/log/postgres/url.ts';
import { openLog } from '../../src/log/open.ts';
import { folderOf } from '../folder.ts';
import { commitAt } from '../log/contract.ts';
import { endOf } from './fates.ts';
import { init, open } from './ready.ts';
import { startServer, withPasswords } from './servers.ts';

t.test('a URL says where a log is, as libpq writes it', async (t) => {
  t.same(parsePlace('//station@db1.example.org,db2.example.org:6432,[::1]:7/halcyon'), {
    hosts: [
      { host: 'db1.example.org', port: 5432 },
      { host: 'db2.example.org', port: 6432 },
      { host: '::1', port: 7 },
    ],
    ...{ user: 'station', database: 'halcyon', schema: 'halcyon' },
    ...{ tls: undefined, rootCertificate: undefined },
  });
  t.match(
    parsePlace(
      '//s%40x@%2Frun%2Fpostgresql/d%20b?sslmode=verify-full&sslrootcert=%2Fca.pem&schema=a',
    ),
    {
      ...{ user: 's@x', database: 'd b', hosts: [{ host: '/run/postgresql', port: 5432 }] },
      ...{ schema: 'a', tls: 'verify-full', rootCertificate: '/ca.pem' },
    },
  );
  for (const [place, why] of [
    ['station@h/d', /names no server/],
    ['//h/d', /names no user/],
    ['//u@h', /names no (server|database)/],
    ['//u@h/', /names no database/],
    ['//u@h:0/d', /not HOST or HOST:PORT/],
    ['//u@h:70000/d', /not HOST or HOST:PORT/],
    ['//u@h,,i/d', /not HOST or HOST:PORT/],
    ['//u@h/d?sslmode=prefer', /sslmode.*give disable, require, verify-ca, verify-full/],
    ['//u@h/d?schema=A', /schema in its URL is none/],
    ['//u@h/d?schema=pg_x', /schema in its URL is none/],
    ['//u@h/d?options=-cfsync', /there are schema, sslmode and sslrootcert/],
    ['//u@h/d?schema=a&schema=b', /schema twice/],
    ['//u%zz@h/d', /two hexadecimal digits/],
    [`//u@${'h,'.repeat(16)}h/d`, /more than 16 servers/],
    ['//u:secret@h1:1,h2:2/d', /holds a password.*pgpass/],
    ['//u@h/d?password=secret', /holds a password/],
  ] as const)
    t.throws(() => parsePlace(place), { name: 'LogUrlError', message: why }, place);
  await t.rejects(openLog('postgres://u:secret@h1:1,h2:2/d'), {
    name: 'LogUrlError',
    message: /^(?!.*secret).*holds a password/,
  });
});

t.test('whoever is not on this machine is spoken to under encryption', async (t) => {
  const place = (query: string) => parsePlace(`//u@h/d${query}`);
  t.equal(tlsOf(place(''), '127.0.0.1'), false);
  t.equal(tlsOf(place(''), 'localhost'), false);
  t.equal(tlsOf(place('?sslmode=require'), '/run/postgresql'), false);
  t.match(tlsOf(place(''), 'db.example.org'), { rejectUnauthorized: false });
  t.match(tlsOf(place(''), '127.0.0.1.example.org'), { rejectUnauthorized: false });
  t.equal(tlsOf(place('?sslmode=disable'), 'db.example.org'), false);
  t.match(tlsOf(place('?sslmode=verify-full&sslrootcert=system'), 'db.example.org'), {
    rejectUnauthorized: true,
  });
  t.throws(() => tlsOf(place('?sslmode=verify-ca&sslrootcert=/none'), 'h'), {
    code: 'log-unavailable',
    message: /sslrootcert cannot be read/,
  });
});

t.test('a password is taken from where libpq takes it', async (t) => {
  const folder = folderOf(t);
  const file = join(folder, 'passwords');
  const [place, host] = [parsePlace('//station@h/d'), { host: 'h', port: 7 }];
  const lines = [
    '# h:7:d:station:commented',
    'h:8:d:station:other port',
    'h:7:d:somebody:other user',
    String.raw`h:*:d:station:a\:b\\c d`,
    '*:*:*:*:last',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  const environment = { PGPASSFILE: file };
  t.equal(passwordFor(place, host, environment), String.raw`a:b\c d`);
  t.equal(passwordFor(place, { host: 'i', port: 7 }, environment), 'last');
  t.equal(passwordFor(place, host, { ...environment, PGPASSWORD: 'x' }), 'x');
  chmodSync(file, 0o640);
  t.throws(() => passwordFor(place, host, environment), {
    code: 'log-unavailable',
    message: `others may read the passwords in ${file}, so it is not used: chmod 0600 ${file}`,
  });
  t.throws(() => passwordFor(place, host, { HOME: folder }), { message: /there is none.*pgpass/ });
  writeFileSync(join(folder, '.pgpass'), 'h:7:d:station:at home', { mode: 0o600 });
  t.equal(passwordFor(place, host, { HOME: folder }), 'at home');
});

t.test('a station is let in by its password, and by no other', async (t) => {
  const server = await startServer(t, { access: withPasswords });
  await server.ask(`create role station login password 'first'`);
  await init(server.url(), 'station');
  const url = server.url('', 'station');
  const file = join(folderOf(t), 'pgpass');
  const write = (password: string): void => {
    writeFileSync(file, `127.0.0.1:${server.port}:halcyon:station:${password}\n`, { mode: 0o600 });
  };
  const { PGPASSFILE } = process.env;
  process.env['PGPASSFILE'] = file;
  t.teardown(() => {
    if (PGPASSFILE === undefined) delete process.env['PGPASSFILE'];
    else process.env['PGPASSFILE'] = PGPASSFILE;
  });
  await t.rejects(open(url), { code: 'log-unavailable', message: /there is none: put a line/ });
  write('wrong');
  const wrong = { code: 'log-unavailable', message: /the password is wrong: look at/ };
  await t.rejects(open(url), wrong);
  write('first');
  const log = await open(url);
  t.teardown(() => log.close());
  t.equal(await endOf(log, commitAt(1)), 'appended');
  await server.ask(`alter role station password 'second'`);
  await t.rejects(open(url), wrong);
  write('second');
  await server.ask(
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'station'`,
  );
  t.equal(await endOf(log, commitAt(2)), 'appended', 'it is read again when it is asked for again');
});

t.test('the server is believed by its certificate', async (t) => {
  const folder = folderOf(t);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = (name: string): void =>
    openssl(
      ...['req', '-x509', ...curve, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '2'],
      ...['-subj', `/CN=${name}`],
    );
  const signed = (name: string, names: string): void => {
    openssl(
      'req',
      ...curve,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    );
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${names}\n`);
    const by = ['-CA', 'ours.pem', '-CAkey', 'ours.key', '-CAcreateserial', '-days', '2'];
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...by,
      '-out',
      `${name}.pem`,
      '-extfile',
      `${name}.ext`,
    );
  };
  authority('ours');
  authority('theirs');
  signed('right', 'IP:127.0.0.1');
  signed('wrong', 'DNS:elsewhere.example.org');
  const at = (name: string): string => join(folder, name);
  const start = async (name: string) => {
    const tls = { certificate: at(`${name}.pem`), key: at(`${name}.key`) };
    const access = [
      'hostssl all station 127.0.0.1/32 trust',
      'host all postgres 127.0.0.1/32 trust',
    ];
    const server = await startServer(t, { tls, access });
    await server.ask('create role station login');
    await init(server.url('sslmode=disable'), 'station');
    return (parameters: string) => server.url(parameters, 'station');
  };
  const [right, wrong] = [await start('right'), await start('wrong')];
  const opens = async (url: string): Promise<string> => {
    const log = await open(url).catch((error: Error) => error);
    if (log instanceof Error) return log.message;
    const end = await endOf(log, commitAt(log.head() + 1));
    await log.close();
    return end;
  };
  const ca = `sslrootcert=${encodeURIComponent(at('ours.pem'))}`;
  const theirs = `sslrootcert=${encodeURIComponent(at('theirs.pem'))}`;
  t.equal(await opens(right(`sslmode=verify-full&${ca}`)), 'appended');
  t.equal(await opens(right('sslmode=require')), 'appended');
  t.equal(await opens(wrong(`sslmode=verify-ca&${ca}`)), 'appended');
  t.match(await opens(wrong(`sslmode=verify-full&${ca}`)), /127\.0\.0\.1/);
  t.match(await opens(wrong(`sslmode=verify-full&${ca}`)), /does not match|altnames|cert's list/i);
  t.match(await opens(right(`sslmode=verify-ca&${theirs}`)), /self.signed|unable to|signature/i);
  t.match(await opens(right(`sslmode=require&${theirs}`)), /self.signed|unable to|signature/i);
  t.match(await opens(right('')), /no pg_hba.conf entry.*no encryption/, 'loopback: in the clear');
  const plain = await startServer(t);
  t.match(await opens(plain.url('sslmode=require')), /does not support SSL/);
});
