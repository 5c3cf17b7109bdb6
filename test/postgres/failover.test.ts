/** The log on PostgreSQL goes on with whichever server is the primary, and says where history went back. */

import t from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { appendAll, commitAt, range } from '../log/contract.ts';
import { endOf, fateOf, until } from './fates.ts';
import { init, open } from './ready.ts';
import { startThree, urlOf } from './servers.ts';

const short = { answerMs: 4000, connectMs: 3000, restMaxMs: 500 };

t.test('a killed primary loses nothing that was acknowledged', async (t) => {
  const three = await startThree(t);
  await init(three.url());
  // A standby in front: it is passed over.
  const [a, b, c] = three.servers;
  const log = await open(urlOf([b!, a!, c!]), { deadlines: short });
  const follower = await open(three.url(), { deadlines: short });
  t.teardown(() => Promise.all([log.close(), follower.close()]));
  const seen: number[] = [];
  follower.subscribe(revision(0), (commit) => seen.push(commit.revision));
  const acknowledged: number[] = [];
  const unknown: number[] = [];
  let at = 0;
  let isOver = false;
  const appending = (async () => {
    while (!isOver || at < 200) {
      at += 1;
      const end = await endOf(log, commitAt(at));
      if (end === 'appended') acknowledged.push(at);
      else {
        unknown.push(at);
        t.match(await fateOf(log, commitAt(at)), /^(appended|kept)$/, end);
      }
    }
  })();
  t.ok(await until(() => at > 50));
  const next = await three.fail();
  t.ok(await until(() => log.shared!.trouble === undefined && log.head() > 50));
  isOver = true;
  await appending;
  t.not(next, a);
  t.ok(acknowledged.length > 50);
  t.ok(await until(() => seen.at(-1) === at));
  t.same(seen, range(0, at), 'a follower misses and repeats nothing');
  t.same(await Array.fromAsync(log.read(revision(0)), ({ revision }) => revision), range(0, at));
  // The old primary comes back alone, without knowing of the other: it is not believed.
  await a!.start();
  await next.ask(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'halcyon %'`,
  );
  const alone = await open(urlOf([next]), { deadlines: short });
  t.equal(await fateOf(alone, commitAt(at + 1)), 'appended');
  await alone.close();
  t.ok(await until(() => log.head() === at + 1 && follower.head() === at + 1));
  t.equal(await fateOf(log, commitAt(at + 2)), 'appended');
  t.same(await next.ask('select max(revision) from halcyon.commits', 'halcyon'), [[`${at + 2}`]]);
});

t.test('a frozen primary is given up at the deadline, and is deposed when it wakes', async (t) => {
  const three = await startThree(t);
  await init(three.url());
  const log = await open(three.url(), { deadlines: short });
  t.teardown(() => log.close());
  await Promise.all(appendAll(log, 0, 10));
  const old = three.primary;
  old.freeze();
  t.teardown(() => old.thaw());
  const began = performance.now();
  t.equal(await endOf(log, commitAt(11)), 'outcome-unknown');
  t.ok(performance.now() - began >= 3900);
  t.ok(await until(() => log.shared!.trouble !== undefined));
  t.equal(log.head(), 10);
  await three.promoteBetter();
  t.match(await fateOf(log, commitAt(11)), /^(appended|kept)$/);
  old.thaw();
  t.equal(await fateOf(log, commitAt(12)), 'appended');
  t.same(await three.primary.ask('select max(revision) from halcyon.commits', 'halcyon'), [['12']]);
});

t.test('where a failover lost what was read, everybody who had read it is told', async (t) => {
  const three = await startThree(t, { settings: { synchronous_standby_names: '' } });
  await init(three.url());
  const log = await open(three.url(), { deadlines: short });
  t.equal(log.durability, 'disk');
  await Promise.all(appendAll(log, 0, 3));
  await three.following();
  const told = new Promise<Error>((resolve) => {
    log.subscribe(revision(0), () => undefined, resolve);
  });
  await Promise.all(three.standbys.map((standby) => standby.stop()));
  await Promise.all(appendAll(log, 3, 8));
  await three.primary.kill();
  await Promise.all(three.standbys.map((standby) => standby.start()));
  await three.promoteBetter();
  const lost = { code: 'history-lost', revision: 8 };
  t.match(await told, lost);
  await t.rejects(log.append(commitAt(9), revision(8)), lost);
  t.throws(() => log.read(revision(0)), lost);
  t.throws(() => log.subscribe(revision(0), () => undefined), lost);
  await t.rejects(log.checksum(revision(2)), lost);
  await t.rejects(log.shared!.register('lease').read(), lost);
  t.match(log.shared!.trouble, /not in it any more/);
  t.equal(log.head(), 8);
  await log.close();
  const again = await open(three.url(), { deadlines: short });
  t.equal(again.head(), 3);
  t.equal(await endOf(again, commitAt(4, 'instead')), 'appended');
  await again.close();
});

t.test('another history of the same length is found by its checksum', async (t) => {
  const three = await startThree(t, { settings: { synchronous_standby_names: '' } });
  await init(three.url());
  const log = await open(three.url(), { deadlines: short });
  t.teardown(() => log.close());
  await Promise.all(appendAll(log, 0, 3));
  await three.following();
  await Promise.all(three.standbys.map((standby) => standby.stop()));
  await Promise.all(appendAll(log, 3, 5));
  const old = three.primary;
  old.freeze();
  t.teardown(() => old.thaw());
  await Promise.all(three.standbys.map((standby) => standby.start()));
  await three.promoteBetter();
  const other = await open(urlOf([three.primary]), { deadlines: short });
  await Promise.all(appendAll(other, 3, 9, 'another'));
  await other.close();
  const told = new Promise<Error>((resolve) => {
    log.subscribe(revision(0), () => undefined, resolve);
  });
  await old.kill();
  t.match(await told, { code: 'history-lost', revision: 5 });
});
