/** Who watches a status reads only what changed, and sees all of it. */

import fc from 'fast-check';
import t from 'tap';
import { statusText } from '../../src/api/views/status.ts';
import { withChanges } from '../../src/client/status-changes.ts';
import type { Status } from '../../src/contract/status.ts';
import type { Engine } from '../../src/core/engine.ts';
import { ChangedHosts } from '../../src/station/queries/changed-hosts.ts';
import { check, Clock, commandOf, step } from '../core/random-commands.ts';
import { load, newEngine, nodeUp, submit } from '../core/scenario.ts';
import { openStation } from './harness.ts';

const statusOf = (
  { graph, head, at }: Engine,
  problems: boolean,
  since: number,
  changed: readonly string[] | null,
): Status => {
  const text = statusText({ graph, head, at }, graph, { problems, since, changed });
  return JSON.parse([...text].join('')) as Status;
};

/** A cluster where all sorts of things happen, some of them tried or taken back, while two watch. */
const watched = (kept?: number): fc.IProperty<unknown> => {
  const steps = fc.array(step, { minLength: 10, maxLength: 40, size: 'max' });
  return fc.property(steps, (sequence) => {
    const engine = newEngine();
    for (const command of [load(), nodeUp('n1.example')]) submit(engine, command, { at: 1 });
    engine.confirm(engine.head);
    const changed = new ChangedHosts(engine.graph, () => engine.head, kept);
    const clock = new Clock();
    const seen = [false, true].map((problems) => statusOf(engine, problems, 0, null));
    for (const [i, each] of sequence.entries()) {
      const submission = clock.submission(each);
      const command = commandOf(each, engine.graph);
      engine.dryRun(command, submission);
      engine.submit(command, submission);
      if (i % 7 === 6) engine.rollBack();
      if (i % 3 !== 2) continue;
      engine.confirm(engine.head);
      for (const [which, before] of seen.entries()) {
        const problems = which === 1;
        const { revision } = before;
        const answer = statusOf(engine, problems, revision, changed.after(revision));
        const whole = statusOf(engine, problems, 0, null);
        const now = withChanges(before, answer);
        if (JSON.stringify(now) !== JSON.stringify(whole))
          throw new Error(`${JSON.stringify(now)} instead of ${JSON.stringify(whole)}`);
        seen[which] = now;
      }
    }
  });
};

t.test('a status and what changed since are the status now', async (t) => {
  check(t, watched(), 25);
});

t.test('what changed is known or not, and never wrong, when little is remembered', async (t) => {
  check(t, watched(6), 25);
});

t.test(
  'a status since a revision has what changed, names what is gone, and is whole where nobody knows',
  async (t) => {
    const { ask, fill, station } = await openStation(t);
    await fill();
    const whole = (await ask('GET', '/status')).body;
    t.equal(whole.delta, undefined);
    const since = `/status?since=${whole.revision}`;
    t.match((await ask('GET', since)).body, {
      hosts: [],
      delta: { since: whole.revision, gone: [] },
      counts: whole.counts,
    });

    await ask('POST', '/hosts', { fqdn: 'new.example' });
    const grown = (await ask('GET', since)).body;
    t.match(grown.hosts, [{ fqdn: 'new.example', processes: [] }]);
    t.equal(grown.hosts.length, 1);
    await ask('DELETE', '/hosts/new.example');
    t.match((await ask('GET', since)).body, { hosts: [], delta: { gone: ['new.example'] } });

    const problems = (await ask('GET', '/status?problems=true')).body;
    const lost = {
      type: 'ReportNodeDown',
      fqdn: 'node2.halcyon.example',
      reason: 'silent',
    } as const;
    await station.submit(lost, { actor: 'station' }, () => null);
    const worse = (await ask('GET', `/status?problems=true&since=${problems.revision}`)).body;
    t.match(worse.hosts, [{ fqdn: lost.fqdn, state: 'down' }]);
    t.match(worse.delta.gone, []);

    await ask('PUT', '/vars', { recovery_max_retries: 3 });
    const all = (await ask('GET', since)).body;
    t.equal(all.delta, undefined, 'a setting changes what is shown of any host');
    t.equal(all.hosts.length, 3);
    t.equal((await ask('GET', '/status?since=1')).body.delta, undefined, 'older than is known');
    t.equal((await ask('GET', '/status?since=99999')).body.delta, undefined, 'of another log');
    for (const wrong of ['at=1', 'host=node2.halcyon.example'])
      t.match(await ask('GET', `${since}&${wrong}`), { status: 400, body: { field: 'since' } });
  },
);
