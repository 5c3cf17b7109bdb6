/** `halcyon obmd` that cannot start: it says why, ends, and has let go of all that it opened. */

import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { Executable } from '../agent/executable.ts';
import { folderOf } from '../folder.ts';
import { Daemon, ipmiInfo } from './daemon.ts';

/** Ends by itself, or the test has waited in vain. */
const ending = async (t: Test, { data }: Daemon, listen: string) => {
  const process = new Executable(t, ['obmd', '--data', data, '--listen', listen]);
  const { code } = await process.exit;
  return { code, said: process.stderr, out: process.stdout };
};

t.test('an OBM daemon that finds its data or its port unfit exits with the reason', async (t) => {
  const daemon = await Daemon.start(t);
  await daemon.register('a', 'ipmi', ipmiInfo(9));
  t.match(await daemon.process.stop(), { code: 0 });
  const anywhere = '127.0.0.1:0';
  const file = (name: string): string => join(daemon.data, name);

  for (const name of ['obmd.key', 'credentials.json']) {
    renameSync(file(name), file(`${name}.kept`));
    if (name !== 'obmd.key') writeFileSync(file(name), 'not JSON', { mode: 0o600 });
    const { code, said, out } = await ending(t, daemon, anywhere);
    t.equal(code, 1, `without a good ${name} it ends`);
    t.match(said, new RegExp(`^halcyon obmd: .*${name.replace('.', '\\.')}`, 'm'), 'and says so');
    t.equal(out, '', 'and serves nobody');
    renameSync(file(`${name}.kept`), file(name));
  }

  const other = createServer().listen(0, '127.0.0.1');
  t.teardown(() => new Promise((resolve) => other.close(resolve)));
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const taken = await ending(t, daemon, `127.0.0.1:${port}`);
  t.equal(taken.code, 1, 'also where it had begun to look at machines');
  t.match(taken.said, /^halcyon obmd: .*EADDRINUSE/m);

  await daemon.run();
  t.match(await daemon.asAdmin('PUT', '/node/b', { type: 'dummy', info: {} }), { status: 200 });
  t.match(await daemon.process.stop(), { code: 0 }, 'and it stops in good order as ever');
});

t.test('a start that fails uses up no token that is shown once', async (t) => {
  const data = join(folderOf(t), 'data');
  const other = createServer().listen(0, '127.0.0.1');
  t.teardown(() => new Promise((resolve) => other.close(resolve)));
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const start = (listen: string, ...flags: string[]): Executable =>
    new Executable(t, ['obmd', '--data', data, '--listen', listen, ...flags]);
  const taken = `127.0.0.1:${port}`;
  t.match(await start(taken).exit, { code: 1 });

  const first = start('127.0.0.1:0');
  const token = await first.says(/^admin token: (\S+)/m);
  await first.stop('SIGKILL');
  t.match(await start(taken, '--new-admin-token').exit, { code: 1 });
  const again = start('127.0.0.1:0');
  const url = await again.says(/listening on (\S+)/);
  const authorization = `Basic ${Buffer.from(`admin:${token}`).toString('base64')}`;
  const body = JSON.stringify({ type: 'dummy', info: {} });
  const asked = { method: 'PUT', headers: { authorization }, body };
  t.match(await fetch(`${url}/node/a`, asked), { status: 200 });
});
