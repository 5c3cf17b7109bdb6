/** Which revision the log had when, over HTTP. */

import t from 'tap';
import { momentStepsMax } from '../../src/contract/moments.ts';
import { openStation } from '../station/harness.ts';
import type { Json } from '../station/harness.ts';

t.test('a slider is told when commits came, and what to ask for', async (t) => {
  const { ask, station, tokenOf } = await openStation(t);
  for (const name of ['a', 'b', 'c']) await ask('POST', '/hosts', { fqdn: `${name}.example` });
  const head = station.log.head();
  const { status, body } = await ask('GET', '/log/moments');
  t.equal(status, 200);
  t.equal(body.steps.length, 100);
  t.equal(body.first.revision, 1);
  t.equal(body.head.revision, head);
  t.equal(body.since, body.first.at);
  t.equal(body.before, 0);
  t.equal(body.steps.at(-1).revision, head);
  const sum = body.steps.reduce((all: number, { commits }: Json) => all + commits, 0);
  t.equal(sum, head, 'each commit is in one of them');
  const { revision } = body.steps.find(({ commits }: Json) => commits > 0);
  t.equal((await ask('GET', `/hosts?at=${revision}`)).status, 200, 'at takes it');

  const late = body.head.at + 60_000;
  t.match((await ask('GET', `/log/moments?since=${late}&until=${late + 10}&steps=2`)).body, {
    before: head,
    steps: [
      { until: late + 5, revision: head, commits: 0 },
      { until: late + 10, revision: head, commits: 0 },
    ],
  });
  t.match((await ask('GET', '/log/moments?until=1&steps=1')).body, {
    since: 1,
    before: 0,
    steps: [{ until: 1, revision: 0, commits: 0 }],
  });
  t.match((await ask('GET', '/log/moments?since=5&until=4')).body, {
    code: 'invalid-request',
    field: 'until',
  });
  t.equal((await ask('GET', `/log/moments?steps=${momentStepsMax}`)).status, 200);
  t.match((await ask('GET', `/log/moments?steps=${momentStepsMax + 1}`)).body, { field: 'steps' });
  const token = await tokenOf('viewer');
  t.equal((await ask('GET', '/log/moments', undefined, { token })).status, 200);
});
