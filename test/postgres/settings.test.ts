/** What a log on PostgreSQL promises is what the server's settings keep; less than a disk is refused. */

import t from 'tap';
import { durabilityOf } from '../../src/log/postgres/durability.ts';
import { commitAt } from '../log/contract.ts';
import { endOf, until } from './fates.ts';
import { init, open } from './ready.ts';
import { startServer, startThree } from './servers.ts';

const short = { answerMs: 4000, connectMs: 4000, restMaxMs: 500 };

t.test('every setting means what it means to an acknowledged commit', async (t) => {
  const usual = {
    ...{ fsync: 'on', fullPageWrites: 'on', synchronousCommit: 'on' },
    ...{ synchronousCommitSource: 'configuration file', synchronousStandbyNames: 'ANY 1 (b, c)' },
  };
  for (const [synchronousCommit, withStandbys, without] of [
    ['on', 'disk-quorum', 'disk'],
    ['remote_apply', 'disk-quorum', 'disk'],
    ['remote_write', 'quorum-memory', 'disk'],
    ['local', 'disk', 'disk'],
  ] as const) {
    const set = { ...usual, synchronousCommit };
    t.equal(durabilityOf(set), withStandbys, synchronousCommit);
    t.equal(durabilityOf({ ...set, synchronousStandbyNames: ' ' }), without, synchronousCommit);
  }
  const refused = { code: 'log-unavailable' };
  const off = { ...usual, synchronousCommit: 'off' };
  t.throws(() => durabilityOf(off), { ...refused, message: /synchronous_commit=off.*Set/ });
  t.throws(() => durabilityOf({ ...usual, fsync: 'off' }), { ...refused, message: /fsync = on/ });
  t.throws(() => durabilityOf({ ...usual, fullPageWrites: 'off' }), refused);
  t.equal(durabilityOf({ ...off, synchronousCommitSource: 'user' }), 'disk-quorum');
});

t.test('it is read from the server, at each connect and while it is used', async (t) => {
  const three = await startThree(t);
  const { primary } = three;
  await primary.ask('create role station login');
  await primary.ask('alter role station set synchronous_commit = off');
  await primary.ask('alter database halcyon set default_transaction_isolation = serializable');
  await init(three.url(), 'station');
  const url = three.url('', 'station');
  const log = await open(url, { deadlines: short });
  t.teardown(() => log.close());
  t.equal(log.durability, 'disk-quorum', 'a role does not lower it');
  three.standbys.forEach((standby) => standby.freeze());
  t.teardown(() => three.standbys.forEach((standby) => standby.thaw()));
  t.equal(await endOf(log, commitAt(1)), 'outcome-unknown', 'and it does wait');
  three.standbys.forEach((standby) => standby.thaw());
  t.ok(await until(() => log.shared!.trouble === undefined));
  const found = async (settings: Record<string, string>): Promise<string> => {
    await primary.reload(settings);
    const other = await open(three.url(), { deadlines: short });
    const { durability } = other;
    await other.close();
    return durability;
  };
  t.equal(await found({ synchronous_commit: 'remote_write' }), 'quorum-memory');
  t.equal(await found({ synchronous_commit: 'remote_apply' }), 'disk-quorum');
  t.equal(await found({ synchronous_commit: 'local' }), 'disk');
  t.equal(await found({ synchronous_commit: 'on' }), 'disk-quorum');
  t.equal(await found({ synchronous_standby_names: '' }), 'disk');
  t.ok(await until(() => log.durability === 'disk'), 'also where it was open already');
  const refused = { code: 'log-unavailable', message: /fsync=off.*Set fsync = on/ };
  await t.rejects(found({ fsync: 'off' }), refused);
  t.ok(await until(() => /fsync=off/.test(log.shared!.trouble ?? '')), 'also there');
  t.match(await endOf(log, commitAt(log.head() + 1)), /append-failed|outcome-unknown/);
  t.equal(await found({ fsync: 'on' }), 'disk');
  t.ok(await until(() => log.shared!.trouble === undefined));
});

t.test(
  'a database without a log, or of another encoding, is refused with what to do',
  async (t) => {
    const server = await startServer(t);
    const refused = { code: 'log-unavailable' };
    const advice = { ...refused, message: /no log in its schema halcyon.*halcyon log init/ };
    await t.rejects(open(server.url()), advice);
    await t.rejects(open(server.url('', 'postgres', 'none')), {
      ...refused,
      message: /127\.0\.0\.1:\d+: database "none" does not exist/,
    });
    await server.ask(`create database latin encoding 'LATIN1' template template0`);
    await t.rejects(init(server.url('', 'postgres', 'latin')), {
      ...refused,
      message: /needs UTF8/,
    });
    t.same(await init(server.url()), [
      'made schema halcyon in database halcyon',
      'made the tables of a log in schema halcyon, format 1',
    ]);
    t.same(await init(server.url()), ['schema halcyon of database halcyon is ready as it is']);
    await server.ask('update halcyon.format set version = 2', 'halcyon');
    const newer = { ...refused, message: /newer release \(format 2/ };
    await t.rejects(open(server.url()), newer);
    await t.rejects(init(server.url()), newer);
    await server.ask('update halcyon.format set version = 0', 'halcyon');
    await t.rejects(open(server.url()), { ...refused, message: /older release.*log init/ });
  },
);

t.test('a role gets what a station needs and nothing more', async (t) => {
  const server = await startServer(t);
  await server.ask('create role station login');
  await server.ask('revoke create on schema public from public', 'halcyon');
  const missing = init(server.url(), 'nobody');
  await t.rejects(missing, {
    code: 'log-unavailable',
    message: /no role of that name.*create role/,
  });
  t.same(await server.ask(`select 1 from pg_namespace where nspname = 'halcyon'`, 'halcyon'), []);
  t.match((await init(server.url(), 'station')).at(-1), /^role station may read and append/);
  t.same(await init(server.url(), 'station'), [
    'schema halcyon of database halcyon is ready as it is',
    'role station may read and append commits, and read and replace registers',
  ]);
  const log = await open(server.url('', 'station'));
  t.equal(await endOf(log, commitAt(1)), 'appended');
  t.equal(await log.shared!.register('lease').replace(0, Buffer.from('a')), 1);
  await log.close();
  const rights = await server.ask(
    `select table_name, privilege_type from information_schema.role_table_grants
     where grantee = 'station' order by 1, 2`,
    'halcyon',
  );
  t.same(rights, [
    ['commits', 'INSERT'],
    ['commits', 'SELECT'],
    ['format', 'SELECT'],
    ['registers', 'INSERT'],
    ['registers', 'SELECT'],
    ['registers', 'UPDATE'],
  ]);
  await t.rejects(init(server.url('schema=other', 'station')), {
    code: 'log-unavailable',
    message: /permission denied/,
  });
});
