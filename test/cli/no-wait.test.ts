/** `--no-wait` while no station leads: nobody who does not want to wait does. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { createProgram } from '../../src/cli/program.ts';
import { silentShell } from './shell.ts';

const nobodyLeads = JSON.stringify({
  ...{ type: 'x', title: 'x', status: 503, code: 'no-leader', detail: 'no station leads' },
});

t.test('a command that is not to wait says at once that no station leads', async (t) => {
  let asked = 0;
  const isWaiting = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    asked += 1;
    response.writeHead(503, { 'retry-after': '1' }).end(nobodyLeads);
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close().closeAllConnections());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const shell = { ...silentShell(), progress: true, say: () => isWaiting.resolve() };
  const halctl = (line: string) =>
    createProgram(shell).parseAsync([...line.split(' '), '--station', url], { from: 'user' });
  for (const line of [
    'cluster process stop 0x7200000000000001:0x1',
    'cluster start',
    'operation show 7',
  ]) {
    asked = 0;
    await t.rejects(halctl(`${line} --no-wait`), { code: 'no-leader' }, line);
    t.equal(asked, 1, 'it was asked once');
  }
  const abandoned = halctl('operation show 7').catch(() => undefined);
  await Promise.race([abandoned, isWaiting.promise.then(() => server.close())]);
  await isWaiting.promise;
  t.pass('without it, it is waited for');
});
