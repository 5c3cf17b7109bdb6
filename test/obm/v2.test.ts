/** What obmd's API has no words for. */

import t from 'tap';
import { startSimulator, simulatorGuid, until } from '../ipmi/simulator.ts';
import { Daemon, ipmiInfo } from './daemon.ts';
import { EventReader } from './event-reader.ts';

interface View {
  readonly label: string;
  readonly power: { readonly state: string; readonly at: number | null } | null;
  readonly look: { readonly trouble: { readonly reason: string } | null } | null;
}

const allOf = async (daemon: Daemon): Promise<Record<string, View>> => {
  const { status, text } = await daemon.asAdmin('GET', '/v2/obms');
  if (status !== 200) throw new Error(text);
  const { obms } = JSON.parse(text) as { obms: View[] };
  return Object.fromEntries(obms.map((obm) => [obm.label, obm]));
};

t.test(
  '34: all OBMs are listed in one answer, with what is known of each and how old it is',
  async (t) => {
    const daemon = await Daemon.start(t, ['--poll', '1']);
    t.equal((await daemon.ask('GET', '/v2/obms')).status, 404, 'for the administrator only');
    t.same(await allOf(daemon), {});
    await Promise.all(
      Array.from({ length: 300 }, (_, i) => daemon.register(`n${i}`, 'dummy', { boot_ms: 0 })),
    );
    await daemon.register('broken', 'dummy', { fault: 'no-answer' });
    await daemon.register('secret', 'ipmi', ipmiInfo(1, { pass: 'hidden-from-all' }));
    const token = await daemon.token('n7');
    await daemon.ask('POST', `/node/n7/power_on?token=${token}`);
    await until('each was looked at', async () => {
      const views = Object.values(await allOf(daemon));
      return views.length === 302 && views.every(({ look }) => look !== null);
    });
    await until('the order shows', async () => (await allOf(daemon))['n7']?.power?.state === 'on');
    const all = await allOf(daemon);
    t.match(all['n0'], { power: { state: 'off', at: Number }, look: { trouble: null } });
    t.match(all['broken'], { power: null, look: { trouble: { reason: 'no-answer' } } });
    t.notMatch(JSON.stringify(all), 'hidden-from-all');
  },
);

t.test(
  'what was seen last outlives a restart, with its time, until it is seen again',
  async (t) => {
    const daemon = await Daemon.start(t, ['--poll', '0']);
    const token = await daemon.lend('n1', 'dummy', {});
    t.same((await allOf(daemon))['n1']?.power, null, 'nobody has looked, so it is not off');
    await daemon.ask('POST', `/node/n1/power_on?token=${token}`);
    t.equal(await daemon.power('n1', token), 'on');
    t.match((await allOf(daemon))['n1']?.power, { state: 'on', since: Number, at: Number });
    await daemon.process.stop();
    await daemon.run();
    t.match((await allOf(daemon))['n1']?.power, { state: 'on', since: Number, at: null });
    t.equal(await daemon.power('n1', token), 'off', 'a dummy loses its power with its daemon');
    t.match((await allOf(daemon))['n1']?.power, { state: 'off', at: Number });
  },
);

t.test(
  '45, 48: a BMC is asked for all that it can tell, by its token or by the administrator',
  async (t) => {
    const simulator = await startSimulator(t);
    const daemon = await Daemon.start(t);
    const token = await daemon.lend('n1', 'ipmi', ipmiInfo(simulator.port));
    const get = async (what: string): Promise<unknown> => {
      const { status, text } = await daemon.ask('GET', `/v2/obms/n1/${what}?token=${token}`);
      return status === 200 ? JSON.parse(text) : text;
    };
    t.match(await get('identity'), { guid: simulatorGuid, firmware: String });
    t.match(await get('system-events'), { events: [{ id: String, text: String }, {}] });
    t.match(await get('sensors'), { sensors: [], missing: [] });
    const put = (what: string, body: object): ReturnType<Daemon['ask']> =>
      daemon.ask('PUT', `/v2/obms/n1/${what}?token=${token}`, body);
    const set = await put('boot-device', { device: 'pxe', persistent: false });
    t.match(JSON.parse(set.text), { device: 'pxe', persistent: false });
    t.match(await get('boot-device'), { device: 'pxe' });
    t.equal((await put('light', { light: 5 })).status, 204);
    t.match(simulator.executed.join(), /boot.*identify/);
    const post = (body: object): ReturnType<Daemon['ask']> =>
      daemon.asAdmin('POST', '/v2/obms/n1/power', body);
    const reset = JSON.parse((await post({ action: 'reset' })).text) as unknown;
    t.same(reset, { outcome: 'done', by: 'answer', instead: 'on', why: null }, 'it was off');
    const again = JSON.parse((await post({ action: 'on' })).text) as unknown;
    t.same(again, { outcome: 'done', by: 'state', instead: null, why: null });
    for (const [body, field] of [
      [{ action: 'explode' }, 'action'],
      [{}, 'action'],
      [{ action: 'on', force: true }, 'force'],
    ] as const)
      t.match(JSON.parse((await post(body)).text), { status: 400, field });
    t.equal((await put('boot-device', { device: 'pxe' })).status, 400);
    t.equal((await put('light', { light: 256 })).status, 400);
    t.equal((await daemon.ask('GET', `/v2/obms/n2?token=${token}`)).status, 401);
    t.equal((await daemon.asAdmin('GET', '/v2/obms/n2')).status, 404);
  },
);

t.test('what a kind of OBM cannot do is said, and is no trouble of the machine', async (t) => {
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('n1', 'dummy', { fault: 'busy' });
  const { text } = await daemon.ask('GET', `/v2/obms/n1/sensors?token=${token}`);
  t.match(JSON.parse(text), { code: 'busy' });
  const asked = await daemon.asAdmin('POST', '/v2/obms/n1/power', { action: 'reset' });
  t.match(JSON.parse(asked.text), { code: 'busy' });
});

t.test('55: one BMC under two labels is noticed by its GUID, also after a restart', async (t) => {
  const simulator = await startSimulator(t);
  const daemon = await Daemon.start(t, ['--poll', '1']);
  const reader = await EventReader.start(daemon);
  await daemon.register('n1', 'ipmi', ipmiInfo(simulator.port));
  t.match(await reader.hears('identified'), { data: { guid: simulatorGuid, same_as: [] } });
  await daemon.register('n2', 'ipmi', ipmiInfo(simulator.port, { addr: 'localhost' }));
  t.match(await reader.hears('identified', 2), { label: 'n2', data: { same_as: ['n1'] } });
  t.match(daemon.process.stderr, 'one OBM has several labels');
  const sameAs = async (label: string): Promise<unknown> => {
    const { text } = await daemon.asAdmin('GET', `/v2/obms/${label}`);
    return (JSON.parse(text) as { same_as: unknown }).same_as;
  };
  t.same(await sameAs('n1'), ['n2']);
  reader.stop();
  await daemon.process.stop();
  await daemon.run();
  t.same(await sameAs('n1'), ['n2']);
  t.equal((await daemon.asAdmin('DELETE', '/node/n2')).status, 200);
  t.same(await sameAs('n1'), []);
});
