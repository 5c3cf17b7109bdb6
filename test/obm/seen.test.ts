/** What a daemon sees of machines by itself, and what follows. Numbers are those of the acceptance rows. */

import t from 'tap';
import { ipmitool, startSimulator, until } from '../ipmi/simulator.ts';
import { Daemon, ipmiInfo } from './daemon.ts';

interface View {
  readonly revision: number;
  readonly obms: readonly { readonly power: { state: string; at: number; since: number } | null }[];
}

t.test('42, 44: what somebody switched by hand is recorded once, and left as it is', async (t) => {
  const simulator = await startSimulator(t);
  const daemon = await Daemon.start(t, ['--poll', '1']);
  const token = await daemon.lend('n1', 'ipmi', ipmiInfo(simulator.port));
  t.equal(await daemon.power('n1', token), 'off');
  const view = async (): Promise<View> => {
    // To revoke what is revoked is answered when all before it is durable.
    await daemon.asAdmin('DELETE', '/node/n1/token');
    return JSON.parse((await daemon.asAdmin('GET', '/v2/obms')).text) as View;
  };
  await view();
  const before = await view();
  await ipmitool(simulator, 'chassis', 'power', 'on');
  let after = before;
  await until('it is seen', async () => (after = await view()).obms[0]?.power?.state === 'on');
  t.equal(after.revision, before.revision + 1, 'one commit');
  const { since, at } = after.obms[0]!.power!;
  t.ok(since >= before.obms[0]!.power!.at);
  let later = after;
  await until('it was seen again', async () => {
    later = await view();
    return later.obms[0]!.power!.at > at + 2_000;
  });
  t.match(later, { revision: after.revision, obms: [{ power: { since } }] }, 'is no news');
  t.same(simulator.executed, ['power 1'], 'and nothing was sent about it');
});
