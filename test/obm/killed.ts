/** A daemon that is killed again and again while it speaks to a BMC, has its console and gives it orders. */

import type { Test } from 'tap';
import { startBmc } from '../ipmi/played-bmc.ts';
import { startFakeHost } from '../ipmi/fake-host.ts';
import { ipmitool, startSimulator, until } from '../ipmi/simulator.ts';
import { Daemon, ipmiInfo } from './daemon.ts';

/** Every kill costs a BMC one session, until that times out there, and nobody more than that. */
export const killOften = async (t: Test, kills: number): Promise<void> => {
  const host = await startFakeHost(t, { echoes: true });
  const simulator = await startSimulator(t, host.port);
  // It counts its sessions, and ends them when we say that their time is over.
  const users = { obmd: { password: 'dear-to-all-bmcs', privilege: 4 } };
  const counted = await startBmc(t, { sessionsMax: 4, users });
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('real', 'ipmi', ipmiInfo(simulator.port));
  const other = await daemon.lend('counted', 'ipmi', ipmiInfo(counted.port));
  for (let kill = 1; kill <= kills; kill++) {
    await until('the simulated BMC answers', async () =>
      /^o(n|ff)$/.test(await daemon.power('real', token)),
    );
    await until('the other one answers', async () => {
      const state = await daemon.power('counted', other);
      if (/no-session-left/.test(state)) counted.sessions.clear();
      return state === 'off';
    });
    const order = daemon.ask('POST', `/node/real/power_on?token=${token}`).catch(() => null);
    if (kill % 2 === 0) await order;
    const before = counted.sessions.size;
    await daemon.process.stop('SIGKILL');
    await order;
    await daemon.run();
    t.ok(counted.sessions.size <= Math.min(before + 1, 4), `${kill}: no more than its own`);
  }
  t.match(await ipmitool(simulator, 'chassis', 'power', 'status'), /is on/, 'others are let in');
  await until('the console is had again', () =>
    /the console is connected/.test(daemon.process.stderr),
  );
  host.write('still here\r\n');
  const log = await fetch(`${daemon.url}/node/real/console?token=${token}`);
  const reader = log.body!.getReader();
  let seen = '';
  while (!seen.includes('still here'))
    seen += Buffer.from((await reader.read()).value ?? []).toString();
  await reader.cancel();
  const state = await daemon.power('real', token);
  t.equal(state, 'on');
  t.same(simulator.executed, ['power 1'], 'it was switched on once, by whichever came to it');
};
