/** A report over HTTP that says less than the one before takes nothing back. */

import t from 'tap';
import { openStation } from '../station/harness.ts';

const required = { agent: 'a-1', memory_mib: 1024, cpus: 2 };

t.test('what a report does not say is as it was', { timeout: 120_000 }, async (t) => {
  const { ask } = await openStation(t);
  const put = (body: object) => ask('PUT', '/hosts/n1.example/facts', body);
  const facts = async () => (await ask('GET', '/hosts/n1.example')).body;
  const full = {
    ...required,
    address: '10.0.0.1',
    lnid: '10.0.0.1@o2ib',
    interfaces: [{ name: 'eth0', address: '10.0.0.1' }],
    kernel: '6.1',
    boot_id: 'b-1',
    version: '0.1.0',
  };
  t.match(
    await put(required),
    { status: 400, body: { field: 'address' } },
    'nobody else is at ::1',
  );
  t.equal((await put(full)).status, 200);
  const before = await facts();
  t.match(before, { address: '10.0.0.1', lnid: '10.0.0.1@o2ib', kernel: '6.1' });
  t.match(await put(required), { status: 200, body: { changed: false } });
  t.equal((await put({ ...required, cpus: 4 })).status, 200);
  const after = await facts();
  t.match(after, { address: '10.0.0.1', lnid: '10.0.0.1@o2ib', cpus: 4, kernel: '6.1' });
  t.same(after.interfaces, before.interfaces);

  t.equal((await put({ ...required, address: '10.0.0.2' })).status, 200);
  t.match(await facts(), { address: '10.0.0.2', lnid: '10.0.0.1@o2ib' }, 'its own lnid stays');
  t.equal((await put({ ...required, lnid: '10.0.0.2@tcp' })).status, 200);
  t.equal((await put({ ...required, address: '10.0.0.3' })).status, 200);
  t.match(await facts(), { lnid: '10.0.0.3@tcp' }, 'one that was made of the address follows it');
});
