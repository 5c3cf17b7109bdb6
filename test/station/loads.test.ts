/** What a load renders is rendered beside everything else that a station does, within limits. */

import t from 'tap';
import type { Test } from 'tap';
import { Abandoned } from '../../src/api/asker.ts';
import { declarationFrom } from '../../src/config/declaration.ts';
import { stepsOfCommand, stepsOfRendering } from '../../src/config/rendering-budget.ts';
import type { Rendering } from '../../src/core/allocation/renderings.ts';
import { renderingsOfLoad } from '../../src/core/allocation/renderings.ts';
import { loadLimits } from '../../src/station/fair-use/shares.ts';
import { Turns } from '../../src/station/fair-use/turns.ts';
import { Loads } from '../../src/station/loading/loads.ts';
import { renderingsAtOnce } from '../../src/station/loading/rendering-ahead.ts';
import { bodyOf, openStation } from './harness.ts';

/** Hosts of which each needs a role that goes round so many times, and the role that it requires. */
const heavy = (hosts: number, rounds: number) =>
  bodyOf(
    `cluster: big\nhosts:\n${Array.from(
      { length: hosts },
      (_, i) =>
        `  - fqdn: n${i}.example\n    variables: { lnid: 10.1.${i >> 8}.${i % 256}@tcp }\n    roles: [heavy]\n`,
    ).join('')}`,
    `- role: base
  processes:
    - { name: base, ownership: independent, endpoint: '{{ lnid }}:12345:34:101' }
- role: heavy
  requires: [base]
  processes:
    - name: heavy
      ownership: independent
      endpoint: '{% for i in (1..${rounds}) %}{% endfor %}{{ lnid }}:12345:41:301'
`,
  );

const newLoads = (t: Test) => {
  const loads = new Loads(new Turns());
  t.teardown(() => loads.close());
  return loads;
};

const asker = (principal = 'token:a', signal = new AbortController().signal) => ({
  principal,
  signal,
});

const declared = (body: ReturnType<typeof bodyOf>) => {
  const files = declarationFrom(body);
  if (!files.ok) throw new Error(JSON.stringify(files.problems));
  return files.declaration;
};

t.test('everything that a load renders is rendered before, and to the same', async (t) => {
  const { station, ask } = await openStation(t);
  const body = heavy(40, 5000);
  const declaration = declared(body);
  const found = [...renderingsOfLoad(station.graph, declaration)];
  t.same(
    found.map((some) => some.map(({ role }) => role.name).sort()),
    Array.from({ length: 40 }, () => ['base', 'heavy']),
  );
  const ahead = await newLoads(t).render(found, asker());
  const asked: Rendering[] = [];
  const watched = {
    get: (rendering: Rendering) => {
      asked.push(rendering);
      return ahead.get(rendering);
    },
  };
  const command = { type: 'LoadDeclaration', declaration } as const;
  const sender = { actor: 'token:a' };
  const prepared = station.dryRun(command, { ...sender, ahead: watched });
  t.equal(asked.length, 80);
  t.ok(
    asked.every((one) => ahead.get(one)),
    'nothing is left to render in the decision',
  );
  t.ok(prepared.ok);
  t.same(prepared, station.dryRun(command, sender), 'where it is rendered changes nothing');

  t.equal((await ask('POST', '/load', body)).status, 200);
  t.same([...renderingsOfLoad(station.graph, declaration)].flat(), [], 'what is there is not');
});

t.test('others go on while a load is rendered', async (t) => {
  const loads = newLoads(t);
  const { station } = await openStation(t);
  let [isDone, turns] = [false, 0];
  const found = renderingsOfLoad(station.graph, declared(heavy(40, 9000)));
  const rendering = loads.render(found, asker()).finally(() => (isDone = true));
  while (!isDone) {
    turns += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.ok((await rendering) && turns > 3, `${turns} turns meanwhile`);
});

t.test('what all of a load renders together has a limit, wherever it is rendered', async (t) => {
  const { station, ask } = await openStation(t);
  const answer = await ask('POST', '/load?dry_run=true', heavy(40, 19_000));
  t.match(answer, {
    status: 422,
    body: {
      code: 'template-error',
      detail: /renderings of this command take more than \d+ steps .* rendered for n\d+\.example/,
      errors: [{ file: 'roles.yaml', line: 4 }],
    },
  });
  t.equal(station.head, 1, 'nothing was loaded');
  t.equal((await ask('POST', '/load?dry_run=true', heavy(40, 100))).status, 200);
  const alone = await ask('POST', '/load?dry_run=true', heavy(1, stepsOfRendering));
  t.match(alone, { status: 422, body: { code: 'invalid-files', errors: [{ line: 9 }] } });
});

t.test('few renderings are left to the decision', async (t) => {
  const { station } = await openStation(t);
  const found = [...renderingsOfLoad(station.graph, declared(heavy(renderingsAtOnce, 10)))];
  const loads = newLoads(t);
  const few = found.slice(0, renderingsAtOnce / 2);
  const ahead = await loads.render(few, asker());
  t.notOk(few.flat().some((one) => ahead.get(one)));
  const more = await loads.render(found, asker());
  t.ok(found.flat().every((one) => more.get(one)));
  const { base, perRendering } = stepsOfCommand;
  t.ok(base + renderingsAtOnce * perRendering <= 2 * stepsOfRendering, 'which holds nobody up');
});

t.test('rendering ends with whoever asked for it', async (t) => {
  const loads = newLoads(t);
  const { station } = await openStation(t);
  const declaration = declared(heavy(40, 9000));
  const gone = new AbortController();
  const rendering = loads.render(
    renderingsOfLoad(station.graph, declaration),
    asker('token:a', gone.signal),
  );
  gone.abort(new Abandoned());
  await t.rejects(rendering, { name: 'Abandoned' });
  const found = [...renderingsOfLoad(station.graph, declared(heavy(5, 10)))];
  const next = await loads.render(found, asker('token:b'));
  t.ok(found.flat().every((one) => next.get(one)));
});

t.test('one load more than a token may have under way is refused', async (t) => {
  const { ask } = await openStation(t);
  const body = heavy(2, 10);
  const answers = await Promise.all(
    Array.from({ length: loadLimits.each + 1 }, () => ask('POST', '/load?dry_run=true', body)),
  );
  const refused = answers.filter(({ status }) => status !== 200);
  t.match(refused, [{ status: 429, headers: { 'retry-after': '2' } }]);
  t.equal(refused.length, 1);
  t.equal((await ask('POST', '/load?dry_run=true', body)).status, 200);
});
