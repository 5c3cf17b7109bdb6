/** `halcyon log copy` and `halcyon log verify` with logs on KurrentDB, on the fake of `test/kurrentdb`. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { Commit } from '../../src/core/events/commit.ts';
import { revision } from '../../src/core/values/revision.ts';
import { openKurrentdbLog } from '../../src/log/kurrentdb/kurrentdb-log.ts';
import type { EventLog } from '../../src/log/log.ts';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.ts';
import { FakeCluster, FakeNode } from '../kurrentdb/node.ts';
import { patience } from '../kurrentdb/patience.ts';
import { grpc } from '../kurrentdb/protocol.ts';
import { Authority } from '../network/authority.ts';
import { temporary } from '../station/harness.ts';
import { log, logIn, start, stopped } from './commands.ts';
import { appendAll, commitAt } from './contract.ts';

interface Started {
  readonly node: FakeNode;
  /** URL of a stream of the servers. */
  readonly url: (stream: string) => string;
  readonly open: (stream: string) => Promise<EventLog>;
}

const started = async (t: Test): Promise<Started> => {
  const cluster = new FakeCluster();
  t.teardown(() => cluster.close());
  const node = await FakeNode.start(cluster);
  const place = (stream: string): string => `//127.0.0.1:${node.port}/${stream}?tls=false`;
  return {
    node,
    url: (stream) => `kurrentdb:${place(stream)}`,
    open: (stream) => openKurrentdbLog({ place: place(stream), env: {}, waits: patience }),
  };
};

t.test('a log goes to KurrentDB, on to another stream with its secrets, and back', async (t) => {
  const { url: from, head, digest } = await stopped(t);
  const { node, url, open } = await started(t);
  const out = await log('copy', from, url('one'));
  t.equal(out.code, 0, out.stderr);
  t.match(out.stdout, new RegExp(`to: +revision ${head}, checksum \\w+, digest ${digest}`));
  t.match(out.stdout, /first station that starts with the copy takes them there/);
  t.equal(node.shared.streams.last('one'), head - 1, 'an event a commit');
  const told = await log('verify', url('one'), '--json');
  t.match(JSON.parse(told.stdout), { ok: true, revision: head, digest, unknown_events: {} });

  const none = await log('copy', url('one'), url('other'), '--json');
  t.match(JSON.parse(none.stdout), { copied: head, secrets: 'none' });
  const sealed = Buffer.alloc(3_000_000, 'sealed, and larger than an append ');
  const one = await open('one');
  await one.shared!.register('secrets').replace(0, sealed);
  await one.close();
  const on = await log('copy', url('one'), url('other'), '--json');
  t.match(JSON.parse(on.stdout), { copied: 0, secrets: 'copied' }, on.stderr);
  const other = await open('other');
  t.ok((await other.shared!.register('secrets').read())?.value.equals(sealed));
  await other.close();

  const back = join(temporary(t), 'back');
  const home = await log('copy', url('other'), `sqlite:${back}`, '--json');
  t.match(JSON.parse(home.stdout), {
    ...{ copied: head, to: { revision: head, digest } },
    secrets: 'from servers',
  });
});

t.test('a copy whose servers do not say what was kept has each commit once', async (t) => {
  const { url: from, head, digest } = await stopped(t);
  const { node, url } = await started(t);
  node.faults.order('not-ready', 'cut', 'no-leader', 'timeout', 'cancelled');
  const told = await log('copy', from, url('doubted'), '--json');
  t.equal(told.code, 0, told.stderr);
  t.match(JSON.parse(told.stdout), { copied: head, to: { revision: head, digest } });
  t.equal(node.shared.streams.last('doubted'), head - 1);
});

t.test('a copy that was killed, or refused, goes on where it was', async (t) => {
  const { url: from, head, digest } = await stopped(t);
  const { node, url } = await started(t);
  node.faults.always('lost');
  const child = start(['copy', from, url('killed')]);
  t.teardown(() => child.kill('SIGKILL'));
  await node.faults.come(1);
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
  node.faults.always('denied');
  const denied = await log('copy', from, url('killed'));
  t.equal(denied.code, 1);
  t.match(denied.stderr, /refuse/);
  node.faults.clear();
  // What an earlier copy has left there.
  const begun = join(temporary(t), 'begun');
  t.equal((await log('copy', from, `sqlite:${begun}`)).code, 0);
  const again = await log('copy', `sqlite:${begun}`, url('killed'), '--json');
  t.match(JSON.parse(again.stdout), { copied: head, to: { revision: head, digest } });
  const { streams } = node.shared;
  streams.forget('killed', 2);
  const rest = await log('copy', from, url('killed'), '--json');
  t.match(JSON.parse(rest.stdout), { copied: head - 3, to: { revision: head, digest } });
});

t.test('a copy goes into no stream of another log, and from none that is not there', async (t) => {
  const { url: from } = await stopped(t);
  const { node, url, open } = await started(t);
  const other = await open('other');
  await Promise.all(appendAll(other, 0, 2, 'of another'));
  await other.close();
  const told = await log('copy', from, url('other'));
  t.match(told, { code: 1, stderr: /has 2 commits already, which are not the first 2/ });
  t.equal(node.shared.streams.last('other'), 1);
  const to = join(temporary(t), 'to');
  for (const args of [
    ['verify', url('mistyped')],
    ['copy', url('mistyped'), `sqlite:${to}`],
  ])
    t.match(await log(...args), { code: 1, stderr: /there is no log in the stream/ });
  t.equal(node.shared.streams.last('mistyped'), -1);
});

t.test('damage and a commit that is too large are named with their revisions', async (t) => {
  const { url: from, directory, head } = await stopped(t);
  const { node, url } = await started(t);
  t.equal((await log('copy', from, url('damaged'))).code, 0);
  const { streams } = node.shared;
  const [third] = streams.read('damaged', 2, 1);
  streams.damage('damaged', 2, Buffer.from(Buffer.from(third!.data).toString().replace('a', 'b')));
  const told = await log('verify', url('damaged'));
  t.match(told, { code: 1, stderr: /at revision 3, its checksum is wrong/ });
  const copied = await log('copy', url('damaged'), `sqlite:${join(temporary(t), 'to')}`);
  t.match(copied, { code: 1, stderr: /at revision 3, its checksum is wrong/ });

  const source = await openSqliteLog({ directory });
  const note = { type: 'OddThing', v: 1, data: { note: 'x'.repeat(70_000) }, ignorable: true };
  await source.append({ ...commitAt(head + 1), events: [note] } as Commit, revision(head));
  await source.close();
  const refused = await log('copy', from, `${url('large')}&maxAppendSize=65536`);
  t.equal(refused.code, 1);
  t.match(refused.stderr, new RegExp(`the commit of revision ${head + 1}.*maxAppendSize=BYTES`));
  const taken = await log('copy', from, url('large'), '--json');
  t.match(JSON.parse(taken.stdout), { copied: 1, to: { revision: head + 1 } }, taken.stderr);
});

t.test(
  'servers with TLS and users: the wrong authority or password is said to be it',
  async (t) => {
    const { url: from, head } = await stopped(t);
    const folder = temporary(t);
    const [ours, theirs] = [new Authority(folder), new Authority(folder)];
    const { certificate, key } = ours.sign('kurrentdb', 'DNS:localhost,IP:127.0.0.1');
    const cluster = new FakeCluster();
    t.teardown(() => cluster.close());
    cluster.authorization = `Basic ${Buffer.from('station:of the moon').toString('base64')}`;
    const pair = { private_key: readFileSync(key), cert_chain: readFileSync(certificate) };
    const node = await FakeNode.start(cluster, grpc.ServerCredentials.createSsl(null, [pair]));
    const file = join(folder, 'password');
    const url = (ca: string): string =>
      `kurrentdb://localhost:${node.port}/halcyon?tlsCAFile=${encodeURIComponent(ca)}`;
    const asStation = async (password: string, ca = ours.certificate) => {
      writeFileSync(file, `${password}\n`, { mode: 0o600 });
      const environment = { KURRENTDB_USER: 'station', KURRENTDB_PASSWORD_FILE: file };
      return logIn(environment, 'copy', from, url(ca));
    };
    t.match(await asStation('of the moon'), { code: 0 });
    t.equal(cluster.streams.last('halcyon'), head - 1);
    const wrong = await asStation('guessed');
    t.match(wrong, { code: 1, stderr: /refuse the user/ });
    t.notMatch(wrong.stderr, /guessed/);
    const untrusted = await asStation('of the moon', theirs.certificate);
    t.match(untrusted, {
      code: 1,
      stderr: /cannot be used: no server can be reached; .*authority.*tlsCAFile/,
    });
    t.match(await log('copy', from, 'kurrentdb://station:secret@localhost/halcyon'), {
      ...{ code: 2, stderr: /^(?!.*secret).*KURRENTDB_PASSWORD_FILE|holds a password/ },
    });
    t.match(await log('init', '--log', url(ours.certificate)), {
      code: 2,
      stderr: /nothing to be made/,
    });
  },
);
