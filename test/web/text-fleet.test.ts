/** The fleet's page as it is made: foreign text does nothing, and no meaning is said by colour alone. */

import t from 'tap';
import { fleetPage } from '../../src/web/text/fleet.ts';
import type { FleetParts } from '../../src/web/text/fleet.ts';
import { signInPage } from '../../src/web/text/sign-in.ts';
import type { FleetAnswer, FleetMachine } from '../../src/client/types.ts';
import { attribute, byId, documentIn, fleetIn, named, textOf } from './html.ts';

const at = 1_790_000_000_000;
const reader = { name: 'ada', role: 'viewer' };

const machine = (name: string, more: Partial<FleetMachine> = {}): FleetMachine => ({
  ...{ name, state: 'dark', reason: '', since: null, verdict: 'fail', problem: true },
  ...{ failing: [], agent: 'down', node: null, roles: [], project: null, enclosure: null },
  ...{ maintenance: null, scheduler: null, note: null, checks: {} },
  ...more,
});

const answer = (columns: readonly string[], nodes: FleetMachine[]): FleetAnswer => ({
  meta: {
    ...{ version: '1', revision: 1, at, shape: 'nodes', total: nodes.length, next: null },
    columns: columns.map((id) => ({ id, title: id, type: 'text', description: id })),
    checks: [{ id: 'ssh', title: 'SSH', description: 'A login works.', type: 'bool' }],
  },
  nodes,
});

const page = (found: FleetAnswer, view: FleetParts['view'] = {}): string =>
  fleetPage({ view, reader, found, summary: null });

const hostile = [
  '<script>alert(1)</script>',
  '</td></tr></table><img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "' onmouseover='alert(1)",
  '\u001b[2J\u001b]0;title\u0007',
  '\u0000\u0008\u007f\u009b31m',
  '\u202egnp.exe\u2066\u200f',
  '&lt;b&gt; &amp;amp; &#60;',
  '<!-- -->]]>',
  'line\r\nline\tcell',
  '\ud800 half',
  '=cmd|calc!A1',
];

t.test('31: what machines and people wrote is inert on a page, wherever it stands', async (t) => {
  for (const text of hostile) {
    const found = answer(
      ['machine', 'state', 'reason', 'note', 'maintenance', 'failing', 'ssh', 'ssh.text'],
      [
        machine(text, {
          ...{ state: text, reason: text, verdict: text, failing: [text, text] },
          maintenance: { reason: text, by: text, since: at, until: null },
          note: { text, by: text, at },
          checks: { ssh: { verdict: 'fail', value: text, text, at, ms: 1 } },
        }),
      ],
    );
    found.meta.columns.forEach((column) => Object.assign(column, { title: text }));
    const html = page(found, { filter: text, groups: text, sort: text });
    t.notMatch(
      html,
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/,
    );
    t.ok(html.isWellFormed());
    const document = documentIn(html);
    t.same(named(document, 'script', 'img', 'svg', 'b'), [], text);
    const [titles = [], ...rows] = fleetIn(html);
    t.equal(titles.length, 8);
    t.same(
      rows.map((row) => row.length),
      [8],
      'no cell became another',
    );
    t.ok(rows[0]![2]!.includes('script') === text.includes('script'));
    for (const one of named(document, 'a', 'input', 'td', 'th', 'data'))
      t.notOk(
        one.attrs.some(({ name }) => /^on|^style$/.test(name)),
        text,
      );
    for (const link of named(document, 'a'))
      t.match(attribute(link, 'href'), /^(#main|fleet(\?[\w=&%+.*-]*)?|machines\/[\w%.!'()*~-]*)$/);
  }
});

t.test('31: what somebody sent to sign in is inert when it comes back', async (t) => {
  for (const text of hostile) {
    const problem = { type: '', title: text, status: 401, code: 'login-refused', detail: text };
    const html = signInPage({ back: text, user: text, refused: { problem }, isSent: true });
    const document = documentIn(html);
    t.same(named(document, 'script', 'img', 'svg'), [], text);
    t.equal(named(document, 'form').length, 2);
    t.equal(named(document, 'input').length, 6, 'two of them hold where to go on to');
  }
});

t.test('57: no colour stands without a word, and no field without a label', async (t) => {
  const nodes = (['ok', 'warn', 'fail', 'unknown', 'skipped'] as const).map((verdict, i) =>
    machine(`n${i}.example`, {
      ...{ verdict, state: i === 0 ? 'up' : 'dark' },
      checks: { ssh: { verdict, value: null, text: '', at, ms: 1 } },
    }),
  );
  const html = page(answer(['machine', 'state', 'verdict', 'ssh'], nodes));
  const document = documentIn(html);
  for (const cell of named(byId(document, 'fleet'), 'td'))
    t.match(textOf(cell), /^(✓|!|✗|\?|-) [a-z]+/, attribute(cell, 'class') ?? '');
  for (const input of named(document, 'input')) {
    const id = attribute(input, 'id');
    t.ok(
      named(document, 'label').some((label) => attribute(label, 'for') === id),
      id ?? 'no id',
    );
  }
  for (const title of named(document, 'th')) t.ok(attribute(title, 'scope'));
  t.ok(named(byId(document, 'fleet'), 'caption')[0]);
  t.equal(attribute(named(document, 'a')[0]!, 'href'), '#main', 'first a way past the menu');
  byId(document, 'main');
});

t.test('a link keeps what is shown, and changes one thing', async (t) => {
  const found = answer(['machine', 'age'], [machine('n1.example')]);
  const view = { filter: 'ssh:down and a~"b c"', groups: 'hw', cursor: 'AAAAAAAAAAAA.200' };
  const html = page({ ...found, meta: { ...found.meta, next: 'AAAAAAAAAAAA.400' } }, view);
  const links = named(documentIn(html), 'a').map((one) => attribute(one, 'href')!);
  const asked = (link: string): Record<string, string> =>
    Object.fromEntries(new URL(link, 'http://x').searchParams);
  const { filter, groups } = view;
  const sorting = links.find((one) => one.includes('sort='))!;
  t.same(asked(sorting), { filter, groups, sort: 'machine' }, 'from the first page on');
  t.ok(links.some((one) => asked(one)['cursor'] === 'AAAAAAAAAAAA.400'));
  const words = (view: FleetParts['view'], said: string): string =>
    attribute(
      named(documentIn(page(found, view)), 'a').find((one) => textOf(one) === said)!,
      'href',
    )!;
  const few = words(view, 'Few columns');
  t.same(asked(few), { filter, groups, columns: 'machine,state,age,reason' });
  t.same(asked(words({ ...view, ...asked(few) }, 'All columns')), { filter, groups });
  const sorted = documentIn(page(found, { sort: 'age' }));
  const [, age] = named(byId(sorted, 'fleet'), 'th');
  t.equal(attribute(age!, 'aria-sort'), 'ascending');
  t.equal(attribute(named(age!, 'a')[0]!, 'href'), 'fleet?sort=-age');
});
