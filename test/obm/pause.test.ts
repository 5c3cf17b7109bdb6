/** How often one BMC is asked by `halcyon obmd`, whoever wants something of it. */

import t from 'tap';
import { Executable } from '../agent/executable.ts';
import { startBmc } from '../ipmi/played-bmc.ts';
import { Daemon, ipmiInfo } from './daemon.ts';

t.test(
  '52: a BMC is asked one thing at a time, with the pause between that it needs',
  async (t) => {
    const users = { obmd: { password: 'dear-to-all-bmcs', privilege: 4 } };
    const bmc = await startBmc(t, { users });
    const pauseMs = 300;
    const flags = ['--poll', '0', '--no-console-log', '--pause', String(pauseMs)];
    const daemon = await Daemon.start(t, flags);
    const token = await daemon.lend('n1', 'ipmi', ipmiInfo(bmc.port));
    t.equal(await daemon.power('n1', token), 'off');
    const looks: number[] = [];
    bmc.handlers.set('0/1', () => {
      looks.push(performance.now());
      return { data: Buffer.of(0, 0, 0) };
    });
    // What is off already is only looked at, and each is a thing of its own.
    const offs = Array.from({ length: 5 }, () =>
      daemon.ask('POST', `/node/n1/power_off?token=${token}`),
    );
    for (const { status } of await Promise.all(offs)) t.equal(status, 200);
    t.equal(looks.length, 5);
    // Each begins by a look, and the pause is counted from the end of the one before.
    for (const [i, at] of looks.slice(1).entries()) t.ok(at - looks[i]! >= pauseMs - 5, `${i}`);
    const tooLong = new Executable(t, ['obmd', '--data', daemon.folder, '--pause', '20001']);
    t.match(await tooLong.exit, { code: 2 });
    t.match(tooLong.stderr, /at most 20000/);
  },
);
