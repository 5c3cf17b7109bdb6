/** An agent that runs out of descriptors says so once, lives on, and says when it is over. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { folderOf } from '../folder.ts';
import { Executable } from './executable.ts';
import { PlayedStation, until } from './played-station.ts';

t.test('running out of descriptors is logged once with advice, and so is its end', async (t) => {
  const station = await PlayedStation.open({ heartbeatMs: 100 });
  t.teardown(async () => station.vanish());
  const dir = folderOf(t, { state: {} });
  const args = ['agent', '--station', station.url.href, '--state-dir', join(dir, 'state')];
  args.push('--sysconfig-dir', join(dir, 'sysconfig'), '--fqdn', 'n1.example');
  const agent = new Executable(t, args, { HALCYON_TOKEN: 'secret' });
  await agent.says(/"msg":"connected"/);
  const limit = (most: number): void =>
    void execFileSync('prlimit', [`--pid=${agent.pid}`, `--nofile=${most}:4096`]);
  const said = (pattern: RegExp): readonly unknown[] =>
    agent.log.filter(({ msg }) => pattern.test(msg as string));

  for (let times = 1; times <= 2; times += 1) {
    // It keeps those that it has, and gets not one more.
    limit(3);
    await until('it to be said', () => said(/^out of descriptors/).length === times, 60_000);
    // Several looks more, which say nothing new.
    await wait(1_500);
    limit(4096);
    await until('its end', () => said(/^there are descriptors again/).length === times, 60_000);
    t.equal(said(/^out of descriptors/).length, times, 'once');
  }
  t.match(said(/^out of descriptors/)[0], {
    level: 50,
    why: /EMFILE/,
    msg: /raise LimitNOFILE of the agent$/,
  });
  t.same(await agent.stop(), { code: 0, signal: null });
});
