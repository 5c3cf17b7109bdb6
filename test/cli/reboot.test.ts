/** `halctl reboot` of several machines: the station decides who is next, whoever waits. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folderOf } from '../folder.ts';
import { Daemon } from '../obm/daemon.ts';
import { reported, until } from '../station/harness.ts';
import { ObmdProxy } from '../station/obmd-proxy.ts';
import { stationHere } from './station-here.ts';
import { environment, scripts, watch } from './station.ts';
import type { Ran } from './station.ts';
import { typed } from './typed.ts';

t.test('many are rebooted by one command, which may end; each is told of', async (t) => {
  const folder = folderOf(t, { home: {} });
  const daemon = await Daemon.start(t, ['--poll', '0', '--no-console-log']);
  const proxy = await ObmdProxy.start(t, () => daemon.url);
  const { url, token } = await stationHere(t);
  writeFileSync(join(folder, 'admin.token'), token, { mode: 0o600 });
  writeFileSync(join(folder, 'obmd.token'), daemon.admin, { mode: 0o600 });
  const env = environment(join(folder, 'home'), {
    HALCYON_STATION: url,
    HALCYON_TOKEN_FILE: join(folder, 'admin.token'),
  });
  const run = (line: string): Promise<Ran> => typed(line, folder, env);
  const must = async (line: string): Promise<Ran> => {
    const ran = await run(line);
    if (ran.code !== 0) throw new Error(`${line}: ${ran.err}`);
    return ran;
  };
  const boots = async (fqdn: string, boot: string): Promise<void> => {
    const facts = reported(`10.0.0.${fqdn.slice(1, 2)}`, { boot_id: boot });
    const { ok } = await fetch(`${url}/api/v1/hosts/${fqdn}/facts`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(facts),
    });
    t.ok(ok, `${fqdn} reports`);
  };
  const told = (): string[] => proxy.orders.map(({ label }) => label);

  await must("halctl system node add 'n[1-4].example'");
  const register = `--obmd ${proxy.url} --admin-token-file obmd.token --type dummy`;
  for (const n of [1, 2, 4]) await must(`halctl obm register n${n}.example ${register}`);
  await must(`halctl obm register n3.example ${register} --set fault=refused`);
  await must("halctl obm enable 'n[1-4].example'");
  for (const n of [1, 2, 3, 4]) await boots(`n${n}.example`, 'boot 0');
  await must(
    "halctl auth elevate --action power --scope 'n[1-4].example' --for 1h --reason kernel",
  );

  const many = "halctl reboot 'n[1-4].example' --hard";
  const uncounted = await run(`${many} --override --reason kernel`);
  t.match(uncounted, { code: 2, err: /reboot of 4 machines: n\[1-4\]\.example.*\n.*--count 4/ });
  const vetoed = await run(`${many} --count 4`);
  t.match(vetoed, { code: 4, err: /4 of 4 machines may not be, so none is: n1\.example/ });
  const all = `${many} --count 4 --override --reason kernel`;
  const { out: plan } = await must(`${all} --no-canary --max-parallel 3 --dry-run`);
  t.equal(plan, 'Would reboot 4 machines in 2 waves:\n1. n[1-3].example\n2. n4.example\n');
  t.strictSame(told(), []);

  // The first is held until nobody waits any more.
  const held = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  proxy.cuts = async (call, when) => {
    if (call !== 'POST power' || when !== 'before') return false;
    held.resolve();
    await goOn.promise;
    return false;
  };
  const args = ['reboot', 'n[1-4].example', '--hard', '--count', '4', '--override'];
  const waiting = spawn(join(scripts, 'halctl'), [...args, '--reason', 'kernel'], { env });
  const said = watch(waiting.stderr);
  await held.promise;
  waiting.kill('SIGINT');
  const [code] = (await once(waiting, 'close')) as [number];
  t.not(code, 0);
  const id = /Operation (\d+) goes on/.exec(said.text)?.[1];
  t.match(said.text, `Follow it with: halctl operation ${id}`);
  t.match(said.text, `begin no more of it: halctl operation cancel ${id}`);
  goOn.resolve();

  const end = run(`halctl operation ${id}`);
  for (const n of [1, 2]) {
    await until(`n${n} to be told`, () => told().includes(`n${n}.example`));
    await boots(`n${n}.example`, 'boot 1');
  }
  t.match(await end, {
    code: 1,
    out: /^n\[1-4\]\.example: 2 of 4 done, 1 failed, 1 not done; stopped: a machine failed\.\n.*\nn3\.example +failed /,
    err: new RegExp(`1 of 4 machines failed, and 1 were not done.*\\n.*operation machines ${id}`),
  });
  t.strictSame(told(), ['n1.example', 'n2.example', 'n3.example']);
  const { out } = await must(`halctl operation machines ${id}`);
  t.match(out, /n1\.example +done .*\nn2\.example +done .*\nn3\.example +failed .*told to fail/);
  t.match(out, /n4\.example +cancelled +- .*not begun: a machine failed/);
  const { out: failed } = await must(`halctl operation machines ${id} --state failed --json`);
  t.match(JSON.parse(failed), { counts: { done: 2 }, items: [{ host: 'n3.example' }] });
  t.match(await run(`halctl operation cancel ${id}`), { code: 4, err: /is over/ });

  const left = await run(
    "halctl reboot 'n[1-2,9].example' --hard --count 3 --override --reason kernel --partial --no-wait",
  );
  t.match(left, { code: 0, err: /Warning: left out n9\.example: there is no host n9\.example/ });
  await must(`halctl operation cancel ${/Operation (\d+)/.exec(left.out)?.[1]}`);
});
