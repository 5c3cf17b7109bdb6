/** What machines are told by their OBMs: ordered, begun, ended, and remembered for a while. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Engine } from '../../src/core/engine.ts';
import { orderId } from '../../src/core/graph/rows/obms.ts';
import { ordersKeptMax, ordersWaitingMax } from '../../src/core/values/obm.ts';
import type { ObmOrder, OrderOutcome } from '../../src/core/values/obm.ts';
import {
  commitOf,
  dataOf,
  given,
  nodeDown,
  nodeUp,
  rejectionOf,
  removeHost,
  submit,
} from './scenario.ts';

const host = 'n1.example';
const cycle: ObmOrder = { kind: 'power', action: 'cycle' };
const off: ObmOrder = { kind: 'power', action: 'off' };
const register: Command = {
  type: 'RegisterObm',
  fqdn: host,
  obmd: 'https://obmd.example',
  label: host,
};
const enable = (anew = false): Command => ({ type: 'EnableObm', fqdn: host, anew });
const order = (one: ObmOrder = cycle): Command => ({ type: 'OrderObm', fqdn: host, order: one });
const begin = (id: string): Command => ({ type: 'BeginObmOrder', id });
const end = (id: string, outcome: OrderOutcome = 'done', detail = ''): Command => ({
  type: 'EndObmOrder',
  id,
  outcome,
  detail,
});

const enabled = (engine: Engine, anew = false): number => {
  const { revision: epoch } = commitOf(engine, enable(anew));
  const told = { type: 'ReportObmEnabled', fqdn: host, epoch, hash: 'a'.repeat(64) } as const;
  commitOf(engine, told);
  return epoch;
};

const usable = (): { engine: Engine; epoch: number } => {
  const { engine } = given(nodeUp(host), register);
  return { engine, epoch: enabled(engine) };
};

const ordered = (engine: Engine, one: ObmOrder = cycle): string =>
  orderId(commitOf(engine, order(one)).revision, host);

t.test('an order waits, is begun once, and ends once', async (t) => {
  const { engine, epoch } = usable();
  const commit = commitOf(engine, order());
  t.match(dataOf(commit, 'ObmOrdered'), [{ fqdn: host, epoch, order: cycle, recovery: false }]);
  const id = orderId(commit.revision, host);
  t.match(engine.graph.must('order', id), { host, state: 'waiting', epoch });
  commitOf(engine, begin(id));
  t.match(engine.graph.must('order', id), { state: 'begun' });
  t.equal(submit(engine, begin(id)).kind, 'unchanged', 'it is not begun twice');
  commitOf(engine, end(id, 'unknown', 'x'.repeat(5000)));
  t.match(engine.graph.must('order', id), { state: 'unknown', detail: 'x'.repeat(1024) });
  t.equal(submit(engine, end(id, 'done')).kind, 'unchanged', 'nor does it end twice');
  t.equal(rejectionOf(engine, begin('4711')).code, 'unknown-order');
  t.equal(submit(engine, end('4711')).kind, 'unchanged');
});

t.test('3: nothing can be ordered of an OBM that is not enabled', async (t) => {
  const { engine } = given(nodeUp(host));
  t.equal(rejectionOf(engine, order()).code, 'obm-not-registered');
  commitOf(engine, register);
  t.equal(rejectionOf(engine, order()).code, 'obm-disabled');
  const { revision: epoch } = commitOf(engine, enable());
  t.equal(rejectionOf(engine, order()).code, 'obm-disabled', 'it is not known to be yet');
  commitOf(engine, { type: 'DisableObm', fqdn: host, epoch });
  t.equal(rejectionOf(engine, order()).code, 'obm-disabled');
  t.equal(rejectionOf(engine, { ...order(), fqdn: 'n2.example' } as Command).code, 'unknown-host');
});

t.test('what waits when the right ends is not begun any more', async (t) => {
  const { engine, epoch } = usable();
  const [first, second] = [ordered(engine), ordered(engine, off)];
  enabled(engine, true);
  t.match(rejectionOf(engine, begin(first)), { code: 'obm-disabled', message: /enabled anew/ });
  const third = ordered(engine);
  commitOf(engine, begin(third));
  const { epoch: now } = engine.graph.must('registration', host);
  t.not(now, epoch);
  commitOf(engine, { type: 'DisableObm', fqdn: host, epoch: now });
  t.equal(rejectionOf(engine, begin(second)).code, 'obm-disabled');
  commitOf(engine, end(third));
  t.match(engine.graph.must('order', third), { state: 'done' }, 'what was begun ends as it does');
});

t.test('37: so many orders wait for one machine and not one more', async (t) => {
  const { engine } = usable();
  const ids = Array.from({ length: ordersWaitingMax }, (_, i) =>
    ordered(engine, i % 2 === 0 ? cycle : off),
  );
  t.match(rejectionOf(engine, order()), { code: 'too-many-orders', retryAfter: 10 });
  commitOf(engine, begin(ids[0]!));
  t.equal(rejectionOf(engine, order()).code, 'too-many-orders', 'one that is under way counts');
  commitOf(engine, end(ids[0]!));
  commitOf(engine, order());
});

t.test('of those that have ended the latest are remembered', async (t) => {
  const { engine } = usable();
  const ids = Array.from({ length: ordersKeptMax + 3 }, () => {
    const id = ordered(engine);
    commitOf(engine, begin(id));
    commitOf(engine, end(id));
    return id;
  });
  const kept = [...engine.graph.many('obeys', host)].map(({ id }) => id);
  t.same(kept.toSorted(), ids.slice(3).toSorted());
});

t.test('orders go with their machine, and keep it when it gets another name', async (t) => {
  const { engine } = usable();
  const id = ordered(engine);
  commitOf(engine, nodeDown(host));
  commitOf(engine, { type: 'RenameHost', fqdn: host, to: 'n2.example' });
  t.match(engine.graph.must('order', id), { host: 'n2.example', state: 'waiting' });
  t.same(dataOf(commitOf(engine, begin(id)), 'ObmOrderBegun'), [
    { fqdn: 'n2.example', ordered: parseInt(id, 10) },
  ]);
  const { epoch } = engine.graph.must('registration', 'n2.example');
  commitOf(engine, { type: 'DisableObm', fqdn: 'n2.example', epoch });
  commitOf(engine, removeHost('n2.example'));
  t.equal(engine.graph.count('order'), 0);
  t.equal(submit(engine, end(id)).kind, 'unchanged', 'its end is not told any more');
});
