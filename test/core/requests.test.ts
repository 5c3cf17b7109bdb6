/** Requests that are remembered for a retry: an end to how many, for each who asks and for all. */

import fc from 'fast-check';
import t from 'tap';
import { Engine } from '../../src/core/engine.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import { requestLimits } from '../../src/core/graph/indexes/requests.ts';
import { requestMemory, requestMemoryMin } from '../../src/core/graph/remembering.ts';
import { revision } from '../../src/core/values/revision.ts';
import { newEngine, nodeUp, noon } from './scenario.ts';

const few = { each: 3, inAll: 5 };
const replaying = (limits = few): Engine =>
  new Engine(
    {
      renderer: () => () => {
        throw new Error('nothing is rendered');
      },
      mint: () => {
        throw new Error('nothing is minted');
      },
    },
    undefined,
    limits,
  );

let hosts = 0;
/** Asks for something new with a key. */
const ask = (engine: Engine, actor: string, key: string, at = noon) => {
  const command = nodeUp(`n${(hosts += 1)}.example`);
  const request = { key, fingerprint: key };
  return engine.submit(command, { at, actor, correlation: 'c', request });
};
const commitOf = (outcome: ReturnType<Engine['submit']>): Commit => {
  if (outcome.kind !== 'committed') throw new Error(JSON.stringify(outcome));
  return outcome.commit;
};

t.test(
  'one more than a principal may have is refused while all are young, and hurts no other',
  async (t) => {
    const engine = replaying();
    for (const key of ['a', 'b', 'c']) commitOf(ask(engine, 'token:one', key));
    t.match(ask(engine, 'token:one', 'd', noon + 1000), {
      kind: 'rejected',
      rejection: {
        code: 'too-many-keys',
        retryAfter: requestMemoryMin / 1000 - 1,
        message: /^3 idempotency keys of token:one /,
      },
    });
    commitOf(ask(engine, 'token:two', 'a'));
    t.equal(ask(engine, 'token:one', 'a').kind, 'repeated', 'what is remembered is answered');
    const command = nodeUp('without.key.example');
    t.equal(
      engine.submit(command, { at: noon, actor: 'token:one', correlation: 'c' }).kind,
      'committed',
    );
  },
);

t.test('the oldest gives way once it is old enough, of the same principal first', async (t) => {
  const engine = replaying();
  commitOf(ask(engine, 'token:other', 'old'));
  for (const [i, key] of ['a', 'b', 'c'].entries())
    commitOf(ask(engine, 'token:one', key, noon + i));
  const later = noon + requestMemoryMin;
  commitOf(ask(engine, 'token:one', 'd', later));
  t.equal(engine.graph.get('request', 'token:one a'), undefined);
  t.ok(engine.graph.get('request', 'token:other old'));
  t.equal(ask(engine, 'token:one', 'e', later).kind, 'rejected', 'the next is too young');
});

t.test('of all there may be so many', async (t) => {
  const engine = replaying();
  for (const actor of ['token:one', 'token:two', 'token:three', 'token:four', 'token:five'])
    commitOf(ask(engine, actor, 'k'));
  t.match(ask(engine, 'token:six', 'k'), {
    rejection: { code: 'too-many-keys', message: /^5 idempotency keys in all / },
  });
  commitOf(ask(engine, 'token:six', 'k', noon + requestMemoryMin));
  t.equal(engine.graph.count('request'), few.inAll);
});

t.test(
  'an old log with any number of keys leaves a bounded graph, and what it forgets later is no matter',
  async (t) => {
    const unbounded = replaying({ each: Infinity, inAll: Infinity });
    const log: Commit[] = [];
    for (let i = 0; i < 40; i += 1)
      log.push(commitOf(ask(unbounded, `process:${i % 4}`, `k${i}`, noon + i)));
    log.push(
      commitOf(
        unbounded.submit(
          { type: 'FireDeadlines' },
          {
            at: noon + 41 + requestMemory,
            actor: 'station',
            correlation: 'c',
          },
        ),
      ),
    );
    t.match(log.at(-1)!.events, [{ type: 'RequestsForgotten' }]);
    const engine = replaying();
    for (const commit of log.slice(0, -1)) engine.replay(commit);
    t.same(
      [...engine.graph.all('request')].map(({ id }) => id),
      ['k35', 'k36', 'k37', 'k38', 'k39'].map((k) => `process:${Number(k.slice(1)) % 4} ${k}`),
    );
    t.equal(engine.graph.indexes.deadlines.count('request-expiry'), few.inAll);
    engine.replay(log.at(-1)!);
    t.equal(engine.graph.count('request'), 0);
    t.equal(engine.head, unbounded.head);
  },
);

t.test(
  'what a failed append takes back gives room to what gave way, in its old place',
  async () => {
    const steps = fc.array(
      fc.record({
        actor: fc.constantFrom('token:one', 'token:two'),
        minutes: fc.nat(15),
        fails: fc.boolean(),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(steps, (sequence) => {
        const engine = replaying();
        const log: Commit[] = [];
        let at = noon;
        for (const [i, { actor, minutes, fails }] of sequence.entries()) {
          at += minutes * 60_000;
          const before = engine.graph.digest();
          const outcome = ask(engine, actor, `k${i}`, at);
          if (outcome.kind !== 'committed') continue;
          if (fails) {
            engine.rollBack(outcome.commit);
            if (engine.graph.digest() !== before) return false;
          } else {
            engine.confirm(outcome.commit.revision);
            log.push(outcome.commit);
          }
        }
        const again = replaying();
        for (const commit of log) again.replay(commit);
        const counts = ['token:one', 'token:two'].map((actor) =>
          engine.graph.indexes.requests.count(actor),
        );
        return (
          again.graph.digest() === engine.graph.digest() &&
          counts.every((count) => count <= few.each)
        );
      }),
    );
  },
);

t.test(`${requestLimits.each} keys of one principal: one more is refused`, async (t) => {
  const engine = newEngine();
  const of = {
    at: noon,
    actor: 'token:one',
    correlation: 'c',
    command: 'ReportNodeUp',
    events: [],
  };
  for (let i = 1; i <= requestLimits.each; i += 1)
    engine.replay({ ...of, revision: revision(i), request: { key: `k${i}`, fingerprint: '' } });
  t.match(ask(engine, 'token:one', 'more'), { rejection: { code: 'too-many-keys' } });
  commitOf(ask(engine, 'token:two', 'more'));
  t.equal(engine.graph.count('request'), requestLimits.each + 1);
});
