/** An OBM daemon whose log fails, whose OBMs come and go, and that ends in the middle. Numbers are those of the rows. */

import t from 'tap';
import { ObmError } from '../../src/obm/errors.ts';
import { systemTime } from '../../src/obm/time.ts';
import { until } from '../ipmi/simulator.ts';
import { PlayedTime, Spectator } from './console/played.ts';
import { reasonOf } from './drivers.ts';
import { admin, HeldObmd } from './in-process.ts';
import { RedfishService } from './redfish-service.ts';

t.test(
  'an order whose end cannot be recorded is answered as it ended, and not given again',
  async (t) => {
    const service = await RedfishService.start(t);
    const held = await HeldObmd.start(t, systemTime);
    await held.obmd.register('n1', 'redfish', service.info, admin);
    held.refused.add('EndOrder');
    t.match(await held.obmd.order('n1', { action: 'off' }, admin), { outcome: 'done' });
    t.same(held.warnings, ['its end is not in the log']);
    t.equal(held.obmd.obm('n1')?.orders.length, 1, 'the log is what counts');
    t.match(
      await held.obmd.order('n1', { action: 'on' }, admin),
      { outcome: 'done' },
      'and all goes on',
    );
    held.refused.clear();
    await held.obmd.close();
    await held.run();
    await until('it is settled', async () => (await held.kept('OrderEnded')).length === 2);
    t.match(await held.kept('OrderEnded'), [
      { outcome: 'unknown', by: 'nothing', why: /the power is on/ },
      { outcome: 'done', by: 'state' },
    ]);
    t.same(service.executed, ['ForceOff', 'On']);
  },
);

t.test(
  '33: a token of which nothing is stored is nobody’s, and the one before is as good as it was',
  async (t) => {
    const held = await HeldObmd.start(t, new PlayedTime());
    await held.obmd.register('n1', 'dummy', {}, admin);
    const before = await held.obmd.issueToken('n1', admin);
    const look = (): Spectator => {
      const sink = new Spectator();
      const pass = held.obmd.gate.enter('n1', before)!;
      void held.obmd.consoles.attach(pass, {
        ...{ principal: 'p', source: '192.0.2.1', mayWrite: false, onSlow: 'cut', sink },
        from: { back: 1_000 },
      });
      return sink;
    };
    await held.obmd.consoles.settled('n1');
    const epoch = held.obmd.consoles.get('n1')?.epoch;
    const first = look();
    await held.obmd.consoles.settled('n1');
    held.refused.add('IssueToken');
    const issued = held.obmd.issueToken('n1', admin);
    await Promise.resolve();
    t.equal(held.obmd.gate.enter('n1', before), null, 'shut while nobody knows');
    await t.rejects(issued, { code: 'append-failed' });
    t.equal(first.ends.length, 1, 'whoever looked was put out, to be safe');
    t.ok(held.obmd.gate.enter('n1', before), 'the log has the token before');
    t.equal(held.obmd.consoles.get('n1')?.epoch, epoch, 'the console is still the same owner’s');
    held.refused.clear();
    const next = await held.obmd.issueToken('n1', admin);
    t.equal(held.obmd.gate.enter('n1', before), null);
    t.ok(held.obmd.gate.enter('n1', next));
    t.not(held.obmd.consoles.get('n1')?.epoch, epoch);
  },
);

t.test(
  'a daemon that is closed while an order is under way leaves it begun, and asks afterwards',
  async (t) => {
    const service = await RedfishService.start(t);
    const held = await HeldObmd.start(t, systemTime);
    await held.obmd.register('n1', 'redfish', service.info, admin);
    // Taken, and not seen to be followed for a while.
    service.quirks.state = 'PoweringOff';
    const order = held.obmd.order('n1', { action: 'off' }, admin);
    const posted = (): number => service.asked.findLastIndex((one) => one.startsWith('POST'));
    await until('the order is taken, and its end looked for', () => {
      return service.executed.length > 0 && posted() < service.asked.length - 1;
    });
    await held.obmd.close();
    t.match(await order, { outcome: 'done', by: 'answer' }, 'what is known is told');
    t.same(held.warnings, ['its end is not in the log']);
    t.same([(await held.kept('OrderBegun')).length, await held.kept('OrderEnded')], [1, []]);
    t.equal(
      await reasonOf(held.obmd.issueToken('n1', admin)),
      'closed',
      'nothing is recorded any more',
    );
    service.quirks.state = 'true';
    await held.run();
    await until('it is settled', async () => (await held.kept('OrderEnded')).length === 1);
    t.match(await held.kept('OrderEnded'), [{ outcome: 'done', by: 'state' }]);
    t.same(service.executed, ['ForceOff']);
  },
);

t.test(
  '43: trouble is told at the first look that fails, and one that comes and goes once a minute',
  async (t) => {
    const service = await RedfishService.start(t);
    const time = new PlayedTime();
    const held = await HeldObmd.start(t, time);
    await held.obmd.register('n1', 'redfish', { ...service.info, system: 'node-1' }, admin);
    const system = '/redfish/v1/Systems/node-1/';
    const look = async (isDead: boolean): Promise<void> => {
      if (isDead) service.quirks.dead.set(system, 500);
      else service.quirks.dead.delete(system);
      await held.obmd
        .machine('n1')
        .observePower()
        .catch((error: unknown) => {
          if (!(error instanceof ObmError)) throw error;
        });
    };
    const told = async (): Promise<boolean[]> => {
      // Answered when all before it is durable.
      await held.obmd.revokeToken('n1', admin);
      return (await held.kept('ObmReached')).map(({ reason }) => reason === null);
    };
    for (let looks = 0; looks < 3; looks++) await look(false);
    t.same(await told(), [], 'that all is well is no news');
    for (let looks = 0; looks < 3; looks++) await look(true);
    t.same(await told(), [false], 'once');
    for (let looks = 0; looks < 50; looks++) await look(looks % 2 === 0);
    t.same(await told(), [false], 'not more often than once a minute');
    await time.pass(60_000);
    await look(false);
    t.same(await told(), [false, true], 'that it is over is told by the look that sees it');
    for (let minute = 0; minute < 5; minute++) {
      for (let looks = 0; looks < 10; looks++) await look(looks % 2 === 0);
      await time.pass(60_000);
    }
    t.ok((await told()).length <= 2 + 5, 'a log of it has an end');
    t.equal(service.logins, 1);
  },
);

t.test('44: looks that find nothing new are not recorded', async (t) => {
  const time = new PlayedTime();
  const held = await HeldObmd.start(t, time, { pacing: { powerMs: 30_000 } });
  for (const label of ['n1', 'n2', 'n3']) await held.obmd.register(label, 'dummy', {}, admin);
  await time.pass(60_000);
  const before = held.obmd.journal.head;
  const seen = held.obmd.machine('n1').look?.at ?? 0;
  await time.pass(600_000);
  t.ok((held.obmd.machine('n1').look?.at ?? 0) > seen + 500_000, 'it was looked at all the time');
  t.equal(held.obmd.journal.head, before);
});

t.test(
  '16: a token is over at its moment, whoever asks, and nothing has to be cleaned up',
  async (t) => {
    const time = new PlayedTime();
    const held = await HeldObmd.start(t, time, { pacing: { powerMs: 0 }, tokenMs: 10_000 });
    await held.obmd.register('n1', 'dummy', {}, admin);
    const token = await held.obmd.issueToken('n1', admin);
    time.ms += 9_999;
    const pass = held.obmd.gate.enter('n1', token);
    t.ok(pass && held.obmd.gate.holds(pass));
    // The hands alone: no timer has run.
    time.ms += 1;
    t.equal(held.obmd.gate.enter('n1', token), null);
    t.notOk(pass && held.obmd.gate.holds(pass));
    t.equal(await reasonOf(held.obmd.order('n1', { action: 'on' }, admin, pass!)), 'closed');
    t.same(await held.kept('OrderBegun'), []);
  },
);
