/** What PostgreSQL does not say of a commit stays unknown until it does. */

import t from 'tap';
import { commitAt } from '../log/contract.ts';
import { revision } from '../../src/core/values/revision.ts';
import { endOf, fateOf, until } from './fates.ts';
import { TcpProxy } from '../network/tcp-proxy.ts';
import { init, open } from './ready.ts';
import { startServer, startThree, urlOf } from './servers.ts';

const short = { answerMs: 4000, connectMs: 4000, restMaxMs: 500 };

t.test('on the way to the server and back', async (t) => {
  const server = await startServer(t);
  const bodies = async (schema: string): Promise<unknown> =>
    server.ask(`select convert_from(body, 'UTF8') from ${schema}.commits order by 1`, 'halcyon');
  const through = async (schema: string) => {
    await init(server.url(`schema=${schema}`));
    const proxy = await TcpProxy.start(t, () => server.port);
    const log = await open(urlOf([proxy], `schema=${schema}`), { deadlines: short });
    t.teardown(() => log.close());
    return { proxy, log };
  };

  t.test('a commit whose answer is lost is unknown at the deadline, and was kept', async (t) => {
    const { proxy, log } = await through('swallowed');
    proxy.answers = 'swallowed';
    const began = performance.now();
    const issued = [commitAt(1), commitAt(2)].map((commit) => endOf(log, commit));
    t.same(await Promise.all(issued), ['outcome-unknown', 'outcome-unknown']);
    t.ok(performance.now() - began >= 3900, 'by the deadline of the client');
    t.match(log.shared!.trouble, /no answer within/);
    proxy.answers = 'handed on';
    t.equal(await fateOf(log, commitAt(1)), 'kept');
    t.equal(await fateOf(log, commitAt(2)), 'kept');
    t.same(await bodies('swallowed'), [
      [JSON.stringify(commitAt(1))],
      [JSON.stringify(commitAt(2))],
    ]);
  });

  t.test(
    'one that never arrived is unknown as well, and appended when offered again',
    async (t) => {
      const { proxy, log } = await through('not_arrived');
      proxy.requests = 'swallowed';
      let isSent = false;
      proxy.hears = (bytes) => (isSent ||= bytes.includes(commitAt(1).correlation));
      const issued = endOf(log, commitAt(1));
      await until(() => isSent);
      proxy.cut();
      t.equal(await issued, 'outcome-unknown');
      proxy.refuses = true;
      t.equal(await endOf(log, commitAt(1)), 'outcome-unknown', 'a refusal says nothing of before');
      proxy.requests = 'handed on';
      proxy.refuses = false;
      t.equal(await fateOf(log, commitAt(1)), 'appended');
      t.equal(await fateOf(log, commitAt(2)), 'appended');
      t.same(await bodies('not_arrived'), [
        [JSON.stringify(commitAt(1))],
        [JSON.stringify(commitAt(2))],
      ]);
    },
  );

  t.test('what waited behind it was not sent, and certainly is not kept', async (t) => {
    const { proxy, log } = await through('behind');
    proxy.answers = 'swallowed';
    const sent = endOf(log, commitAt(1));
    // It is on its way before the next one is issued.
    await until(async () => ((await bodies('behind')) as unknown[]).length === 1);
    const behind = endOf(log, commitAt(2));
    t.same(await Promise.all([sent, behind]), ['outcome-unknown', 'append-failed']);
    proxy.answers = 'handed on';
    t.equal(await fateOf(log, commitAt(1)), 'kept');
    t.equal(await fateOf(log, commitAt(2)), 'appended');
  });

  t.test('a connection that is cut again and again loses and doubles nothing', async (t) => {
    const { proxy, log } = await through('cuts');
    // To come back takes a good dozen of them.
    let [heard, next, cuts] = [0, 25, 0];
    proxy.hears = () => {
      heard += 1;
      if (heard < next) return;
      cuts += 1;
      next = heard + 18 + ((cuts * 7) % 23);
      proxy.cut();
    };
    const fates = new Set<string>();
    for (let at = 1; at <= 150; at += 1) fates.add(await fateOf(log, commitAt(at)));
    proxy.hears = () => undefined;
    t.ok(cuts > 3);
    for (const fate of fates) t.match(fate, /^(appended|kept)$/);
    await until(() => log.head() === 150 && log.shared!.trouble === undefined);
    const all = await Array.fromAsync(log.read(revision(0)));
    t.same(
      all,
      all.map((_, i) => commitAt(i + 1)),
    );
    t.equal(all.length, 150);
  });
});

t.test('while no standby confirms', async (t) => {
  const three = await startThree(t);
  const { primary } = three;
  await primary.ask('create role station login');
  // A timeout of the server does not fire in that wait, and must not fire anywhere else.
  await primary.ask('alter role station set statement_timeout = 500');
  await init(three.url(), 'station');
  const log = await open(three.url('', 'station'), { deadlines: short });
  t.teardown(() => log.close());
  t.equal(log.durability, 'disk-quorum');
  t.equal(await endOf(log, commitAt(1)), 'appended');
  const freeze = (): void => three.standbys.forEach((standby) => standby.freeze());
  const thaw = (): void => three.standbys.forEach((standby) => standby.thaw());
  t.teardown(thaw);
  const rows = async (): Promise<number> =>
    Number((await primary.ask('select count(*) from halcyon.commits', 'halcyon'))[0]![0]);
  const waiting = `from pg_stat_activity where usename = 'station' and wait_event = 'SyncRep'`;

  freeze();
  t.equal(await endOf(log, commitAt(2)), 'outcome-unknown', 'by the deadline of the client');
  t.equal(await rows(), 1, 'nobody sees it');
  t.ok(await until(() => /synchronous standby/.test(log.shared!.trouble ?? '')));
  for (let again = 0; again < 12; again += 1) {
    t.equal(await endOf(log, commitAt(2)), 'outcome-unknown');
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  const [[sessions]] = (await primary.ask(
    `select count(*) from pg_stat_activity where usename = 'station'`,
  )) as [[string]];
  t.ok(Number(sessions) <= 8, `they do not pile up at the server: ${sessions}`);
  t.equal(log.head(), 1);
  t.equal(await rows(), 1);
  thaw();
  t.equal(await fateOf(log, commitAt(2)), 'kept', 'it came late');
  t.equal(await rows(), 2);
  t.equal(await fateOf(log, commitAt(3)), 'appended');

  freeze();
  const cancelled = endOf(log, commitAt(4));
  t.ok(await until(async () => (await primary.ask(`select 1 ${waiting}`)).length === 1));
  await primary.ask(`select pg_cancel_backend(pid) ${waiting}`);
  t.equal(await cancelled, 'outcome-unknown', 'although the server says that it is done');
  t.equal(await rows(), 4, 'and everybody sees it, which no standby has');
  t.equal(await endOf(log, commitAt(4)), 'outcome-unknown', 'nor is it taken for kept then');
  t.equal(log.head(), 3);
  thaw();
  t.equal(await fateOf(log, commitAt(4)), 'kept');

  freeze();
  const ended = endOf(log, commitAt(5));
  t.ok(await until(async () => (await primary.ask(`select 1 ${waiting}`)).length >= 1));
  await primary.ask(`select pg_terminate_backend(pid) ${waiting}`);
  t.equal(await ended, 'outcome-unknown', 'a session that is ended says nothing');
  thaw();
  t.match(await fateOf(log, commitAt(5)), /^(kept|appended)$/);
  t.equal(await rows(), 5);
  const lease = log.shared!.register('lease');
  freeze();
  await t.rejects(lease.replace(0, Buffer.from('a')), { code: 'outcome-unknown' });
  thaw();
  t.ok(await until(async () => (await lease.read().catch(() => undefined))?.version === 1));
});
