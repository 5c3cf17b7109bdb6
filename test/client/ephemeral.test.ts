/** What `halcyon/client` gives to programs that come and go, with a real station. */

import { once } from 'node:events';
import t from 'tap';
import type { Test } from 'tap';
import {
  ApiError,
  createClient,
  runEphemeral,
  UnsuitableRoleError,
} from '../../src/client/index.ts';
import type { Client, EphemeralOptions } from '../../src/client/index.ts';
import { fillFrom, host, startStation, temporary } from '../station/harness.ts';

const overrides = { multiplicity: 1 };

const open = async (t: Test): Promise<{ client: Client; options: EphemeralOptions }> => {
  const { url, admin, ask } = await startStation(t, temporary(t));
  await fillFrom(ask);
  const options = {
    station: url,
    token: admin!,
    host,
    role: 'clovis-app',
    overrides,
    leaseSeconds: 5,
  };
  return { client: createClient(options), options };
};

const states = async (client: Client): Promise<string[]> =>
  (await client.listEvents({ types: ['ProcessStateChanged'] })).events.map(({ data }) => {
    const { state, reason } = data as { state: string; reason: string };
    return `${state} ${reason}`.trimEnd();
  });

t.test('the process is there while the work is done', async (t) => {
  const { client, options } = await open(t);
  const before = (await client.listProcesses({ role: 'clovis-app' })).items.length;
  const result = await runEphemeral(options, async ({ fid, endpoint, environment }, { lost }) => {
    t.match(await client.getProcess(fid), { state: 'online', lease: 5, endpoint });
    t.equal(environment['MERO_PROCESS_FID'], fid);
    t.notOk(lost.aborted);
    return 42;
  });
  t.equal(result, 42);
  await t.rejects(
    runEphemeral(options, async () => Promise.reject(new Error('no luck'))),
    { message: 'no luck' },
  );
  t.same(await states(client), ['online', 'offline', 'online', 'failed no luck']);
  t.equal((await client.listProcesses({ role: 'clovis-app' })).items.length, before);
});

t.test('it renews for as long as it works, and says when the process is gone', async (t) => {
  const { client, options } = await open(t);
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  await runEphemeral({ ...options, warn }, async ({ fid }, { lost }) => {
    // Another one of the same lease, which nobody renews, goes first.
    const other = await client.addProcess({ host, role: 'clovis-app', overrides });
    const left = other.processes.at(-1)!.fid;
    await client.leaseProcess(left, 5);
    for await (const { type, data } of client.followEvents({ types: ['ProcessRemoved'] }))
      if (type === 'ProcessRemoved' && (data as { fid: string }).fid === left) break;
    t.match(await client.getProcess(fid), { state: 'online' });

    await client.reportState(fid, { state: 'offline' });
    await client.act({ verb: 'remove', process: fid });
    if (!lost.aborted) await once(lost, 'abort');
  });
  t.match(warnings, [/is no longer there: its lease ran out, or somebody removed it/]);
});

t.test('another run of the process takes it over, and ends for itself', async (t) => {
  const { client, options } = await open(t);
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  let fid = '';
  await runEphemeral({ ...options, warn }, async (configuration, { lost }) => {
    ({ fid } = configuration);
    t.type((await client.getProcess(fid)).instance, 'string');
    await client.reportState(fid, { state: 'online', instance: 'another' });
    if (!lost.aborted) await once(lost, 'abort');
  });
  t.match(warnings, [/is run by somebody else by now/]);
  t.match(await client.getProcess(fid), { state: 'online', instance: 'another' });
});

t.test('what cannot be run like this is refused, and nothing is kept', async (t) => {
  const { client, options } = await open(t);
  const before = (await client.listProcesses()).items.map(({ fid }) => fid);
  const work = async (): Promise<void> => {
    t.fail('must not run');
  };
  for (const unfit of [{ overrides: { multiplicity: 2 } }, { role: 's3server', overrides: {} }])
    await t.rejects(runEphemeral({ ...options, ...unfit }, work), UnsuitableRoleError);
  await t.rejects(runEphemeral({ ...options, role: 'nope' }, work), ApiError);
  t.same(
    (await client.listProcesses()).items.map(({ fid }) => fid),
    before,
  );
  t.same(await states(client), []);
});
