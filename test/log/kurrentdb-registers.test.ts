/** Registers on KurrentDB, and who the station is there. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { openKurrentdbLog } from '../../src/log/kurrentdb/kurrentdb-log.ts';
import type { EventLog } from '../../src/log/log.ts';
import { registerBytesMax } from '../../src/log/register.ts';
import { folderOf } from '../folder.ts';
import { FakeCluster, FakeNode } from '../kurrentdb/node.ts';
import { patience } from '../kurrentdb/patience.ts';
import { grpc } from '../kurrentdb/protocol.ts';
import { commitAt } from './contract.ts';
import { LeapingTimers } from './leaping-timers.ts';

const waits = { ...patience, look: 500, longestRest: 200 };

interface Started {
  readonly node: FakeNode;
  readonly open: () => Promise<EventLog>;
  readonly timers: LeapingTimers;
}

async function started(t: Test): Promise<Started> {
  const cluster = new FakeCluster();
  t.teardown(() => cluster.close());
  const node = await FakeNode.start(cluster);
  const timers = new LeapingTimers();
  const open = async (): Promise<EventLog> => {
    const place = `//127.0.0.1:${node.port}/tried?tls=false`;
    const log = await openKurrentdbLog({ place, env: {}, waits, timers });
    t.teardown(() => log.close());
    return log;
  };
  return { node, open, timers };
}

t.test('a register keeps its last value and no other', async (t) => {
  const { node, open } = await started(t);
  const log = await open();
  const lease = log.shared!.register('lease');
  t.equal(log.shared!.register('lease'), lease);
  let seen = 0;
  for (let i = 1; i <= 20; i++) seen = (await lease.replace(seen, Buffer.from(`${i}`))) as number;
  t.same(await lease.read(), { version: 20, value: Buffer.from('20') });
  const { streams } = node.shared;
  t.equal(streams.read('tried-lease', 0, 100).length, 1, 'the servers may throw away the others');
  t.equal(streams.last('tried'), -1, 'the log is another stream');
});

t.test('a value larger than an append lies in pieces', async (t) => {
  const { node, open } = await started(t);
  const [log, other] = [await open(), await open()];
  const [secrets, theirs] = [log, other].map((one) => one.shared!.register('secrets'));
  const large = Buffer.alloc(3_500_000, 'sealed ');
  t.equal(await secrets!.replace(0, large), 1);
  t.same(await theirs!.read(), { version: 1, value: large });
  const larger = Buffer.alloc(registerBytesMax, 'more ');
  t.equal(await theirs!.replace(1, larger), 2);
  t.equal(await secrets!.replace(1, large), undefined, 'another was put there');
  const found = await secrets!.read();
  t.equal(found?.version, 2);
  t.ok(found?.value.equals(larger));
  t.equal(await secrets!.replace(2, Buffer.from('small again')), 3);
  t.same(await theirs!.read(), { version: 3, value: Buffer.from('small again') });
  const { streams } = node.shared;
  t.ok(streams.first('tried-secrets-pieces') > 0, 'pieces that nobody needs may go');
  const most = Buffer.alloc(registerBytesMax + 1);
  await t.rejects(secrets!.replace(3, most), RangeError);
});

t.test('a register whose change has no answer is in doubt, or changed once', async (t) => {
  const { node, open, timers } = await started(t);
  const lease = (await open()).shared!.register('lease');
  t.equal(await lease.replace(0, Buffer.from('a')), 1);
  const { faults } = node;
  /** Replaces it, and lets a deadline pass as soon as the server has heard of that. */
  const replaceLate = async (seen: number, value: string, ms: number): Promise<unknown> => {
    const heard = faults.come(faults.appends + 1);
    const replaced = lease.replace(seen, Buffer.from(value));
    await heard;
    timers.leap(ms);
    return replaced;
  };
  faults.order('ack-lost');
  t.equal(await replaceLate(1, 'b', waits.answer), 2, 'the second attempt finds it kept');
  faults.always('lost');
  await t.rejects(replaceLate(2, 'c', waits.call), { code: 'outcome-unknown' });
  node.faults.always('denied');
  await t.rejects(lease.replace(2, Buffer.from('d')), {
    ...{ code: 'log-unavailable', message: /refuse the user/ },
  });
  node.faults.always(undefined);
  t.same(await lease.read(), { version: 2, value: Buffer.from('b') });
  t.equal(await lease.replace(2, Buffer.from('e')), 3);
});

t.test('with TLS the station says who it is, to both halves of the client', async (t) => {
  // One that signed itself is refused by the bridge.
  const directory = folderOf(t, { names: 'subjectAltName=DNS:localhost,IP:127.0.0.1' });
  const file = (name: string): string => join(directory, name);
  const openssl = (...given: string[]): unknown =>
    execFileSync('openssl', given, { cwd: directory, stdio: 'ignore' });
  const made = ['-newkey', 'rsa:2048', '-nodes'];
  openssl('req', '-x509', ...made, '-subj', '/CN=ca', '-keyout', 'ca.key', '-out', 'own ca.pem');
  openssl('req', ...made, '-subj', '/CN=localhost', '-keyout', 'key.pem', '-out', 'asked.pem');
  openssl(
    ...['x509', '-req', '-in', 'asked.pem', '-CA', 'own ca.pem', '-CAkey', 'ca.key'],
    ...['-CAcreateserial', '-extfile', 'names', '-out', 'certificate.pem'],
  );
  const cluster = new FakeCluster();
  t.teardown(() => cluster.close());
  const password = 'to:the@moon/ %40+&';
  cluster.authorization = `Basic ${Buffer.from(`station:${password}`).toString('base64')}`;
  const pair = {
    private_key: readFileSync(file('key.pem')),
    cert_chain: readFileSync(file('certificate.pem')),
  };
  const credentials = grpc.ServerCredentials.createSsl(null, [pair]);
  const node = await FakeNode.start(cluster, credentials);
  const open = (env: Record<string, string>): Promise<EventLog> =>
    openKurrentdbLog({
      place: `//localhost:${node.port}/tried?tlsCAFile=${encodeURIComponent(file('own ca.pem'))}`,
      ...{ env, waits },
    });
  const log = await open({ KURRENTDB_USER: 'station', KURRENTDB_PASSWORD: password });
  t.teardown(() => log.close());
  await log.append(commitAt(1), revision(0));
  t.same(await Array.fromAsync(log.read(revision(0))), [commitAt(1)]);
  t.equal(await log.shared!.register('lease').replace(0, Buffer.from('x')), 1);
  const wrong = open({ KURRENTDB_USER: 'station', KURRENTDB_PASSWORD: 'no' });
  await t.rejects(wrong, { code: 'log-unavailable', message: /refuse the user/ });
});
