/** How often a daemon looks, and how much it sends to a network. */

import t from 'tap';
import { Lag } from '../../src/obm/lag.ts';
import { Network } from '../../src/obm/network.ts';
import { HandTime } from '../station/hand-time.ts';
import { Daemon } from './daemon.ts';
import { until } from '../ipmi/simulator.ts';

interface Told {
  readonly run: string;
  readonly at: number;
  readonly works: readonly { readonly work: string; readonly period_ms: number }[];
  readonly observed: readonly { readonly label: string; readonly power: { at: number } | null }[];
}

t.test('so many are begun in one network in a second, orders before looks', async (t) => {
  const time = new HandTime();
  const network = new Network(time, 64, () => 10);
  const begun: string[] = [];
  const enter = (name: string, hurries = false): void => {
    const { entered, hurry, leave } = network.enter();
    if (hurries) hurry();
    void entered.then(() => {
      begun.push(name);
      leave();
    });
  };
  for (let i = 0; i < 20; i += 1) enter(`look ${i}`);
  enter('order', true);
  await time.pass(1);
  t.equal(begun.length, 10, 'a second’s worth at once');
  await time.pass(150);
  t.equal(begun.length, 11);
  t.equal(begun.at(-1), 'order');
  await time.pass(1_000);
  t.equal(begun.length, 21);
});

t.test('a station says how often to look; what was said at the start holds', async (t) => {
  const daemon = await Daemon.start(t, ['--no-console-log', '--poll-events', '7']);
  await daemon.register('n1', 'dummy', {});
  const ask = async (body: object): Promise<Told> =>
    JSON.parse((await daemon.asAdmin('POST', '/v2/observed', body)).text) as Told;
  const usual = await ask({});
  const periods = ({ works }: Told): number[] => works.map(({ period_ms: ms }) => ms);
  t.same(periods(usual), [60_000, 3_600_000, 7_000]);
  t.match(usual.observed, [{ label: 'n1', power: null }]);
  const told = await ask({ pacing: { power_ms: 1_000, events_ms: 9_000 } });
  t.same(periods(told), [1_000, 3_600_000, 7_000]);
  await until('it is looked at', async () => (await ask({})).observed[0]?.power !== null);
  const { run, at } = await ask({});
  await ask({ pacing: { power_ms: 0 } });
  await until('nothing changes any more', async () => {
    const before = await ask({ since: { run, at } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const after = await ask({ since: { run, at: before.at } });
    return after.observed.length === 0;
  });
  const anew = await ask({ since: { run: 'of another run', at: 999 } });
  t.match(anew.observed, [{ label: 'n1' }], 'whoever was elsewhere is told all');
});

t.test('a lag is told for as long as a period, and then forgotten', async (t) => {
  const lag = new Lag(() => 1_000);
  lag.began(40, 0);
  lag.began(7, 500);
  t.equal(lag.worst(900), 40);
  t.equal(lag.worst(1_500), 40, 'of the period before');
  lag.began(3, 1_600);
  t.equal(lag.worst(2_600), 3);
  t.equal(lag.worst(9_000), 0);
});
