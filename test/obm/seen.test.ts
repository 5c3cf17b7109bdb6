/** What a daemon sees of machines by itself, and what follows. Numbers are those of the acceptance rows. */

import t from 'tap';
import { ipmitool, startSimulator, until } from '../ipmi/simulator.ts';
import { Daemon, ipmiInfo } from './daemon.ts';
import { EventReader } from './event-reader.ts';

interface Seen {
  readonly state: string;
  /** When it was seen last, and since when it is so. */
  readonly at: number;
  readonly since: number;
}

interface View {
  readonly obms: readonly { readonly power: Seen | null }[];
}

t.test('42, 44: what somebody switched by hand is recorded once, and left as it is', async (t) => {
  const simulator = await startSimulator(t);
  const daemon = await Daemon.start(t, ['--poll', '1']);
  const reader = await EventReader.start(daemon, '?from=0');
  const token = await daemon.lend('n1', 'ipmi', ipmiInfo(simulator.port));
  t.equal(await daemon.power('n1', token), 'off');
  const seen = async (): Promise<Seen> => {
    const { text } = await daemon.asAdmin('GET', '/v2/obms');
    return (JSON.parse(text) as View).obms[0]!.power!;
  };
  await reader.hears('power-changed');
  const before = await seen();
  await ipmitool(simulator, 'chassis', 'power', 'on');
  t.match(await reader.hears('power-changed', 2), { data: { state: 'on', cause: 'drift' } });
  const after = await seen();
  t.ok(after.since >= before.at);
  let later = after;
  await until('it was seen again', async () => (later = await seen()).at > after.at + 2_000);
  t.match(later, { state: 'on', since: after.since }, 'is no news');
  t.equal(reader.story.filter((type) => type === 'power-changed').length, 2);
  t.same(simulator.executed, ['power 1'], 'and nothing was sent about it');
  reader.stop();
});

t.test(
  'who gets the token of a machine that was never looked at is told of its power soon',
  async (t) => {
    const daemon = await Daemon.start(t, ['--poll', '86400', '--no-console-log']);
    const reader = await EventReader.start(daemon, '?from=0');
    await daemon.lend('n1', 'dummy', {});
    t.match(await reader.hears('power-changed'), { data: { state: 'off', cause: 'first' } });
    reader.stop();
  },
);
