/** Logs of earlier versions replay to the digests they had then. */

import t from 'tap';
import { eventTypes } from './event-samples.ts';
import { recordedLogs } from './record-log.ts';
import { newEngine } from './scenario.ts';

const logs = recordedLogs();

t.ok(logs.length > 0, 'there are recorded logs');

for (const { name, log } of logs)
  t.test(`${name} replays as it was recorded`, async (t) => {
    const engine = newEngine();
    for (const { digest, commit } of log) {
      engine.replay(commit);
      const same = engine.graph.digest() === digest;
      t.ok(same, `revision ${commit.revision}, ${commit.command}`);
      if (!same)
        return t.fail('what old events lead to has changed: let new events lead to something new');
    }
  });

t.test('the recorded logs hold every type of event', async (t) => {
  const held = new Set(
    logs.flatMap(({ log }) => log.flatMap(({ commit }) => commit.events)).map(({ type }) => type),
  );
  for (const type of eventTypes)
    t.ok(held.has(type), `${type}; if it is new, record a log: node test/core/record-log.ts NAME`);
});
