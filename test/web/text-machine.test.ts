/** The page of one machine as it is made: all of it may be foreign text. */

import t from 'tap';
import type { FleetAnswer, FleetMachine } from '../../src/client/types.ts';
import { machinePage } from '../../src/web/text/machine.ts';
import type { MachineParts } from '../../src/web/text/machine.ts';
import { attribute, byId, documentIn, named, textOf } from './html.ts';

const at = 1_790_000_000_000;

/** A page on which every text is this one. */
const partsOf = (text: string): MachineParts => {
  const machine: FleetMachine = {
    ...{ name: text, state: text, reason: text, since: at, verdict: text, problem: true },
    ...{ failing: [text], agent: text, node: text, roles: [text], project: text },
    ...{ enclosure: text, maintenance: { reason: text, by: text, since: at, until: null } },
    scheduler: { state: text, reason: text, by: text, since: at, partitions: [text] },
    note: { text, by: text, at },
    checks: { ssh: { verdict: text, value: text, text, cause: text, at, ms: 1 } },
  };
  const fleet = {
    meta: {
      ...{ version: '1', revision: 1, at, shape: 'nodes', total: 1, next: null, columns: [] },
      checks: [{ id: 'ssh', title: text, description: text, type: 'text' }],
    },
    nodes: [machine],
  } as unknown as FleetAnswer;
  const process = {
    ...{ fid: text, state: text, name: text, role: text, ownership: text, endpoint: text },
    ...{ reason: text, services: [{ fid: text, type: text, state: text }] },
  };
  const suggestion = {
    ...{ host: text, action: 'power-cycle', does: text, symptom: text, says: text },
    ...{ confidence: 0.8, forbidden: null, vetoes: [{ code: text, text }], n_history: 2 },
    ...{ n_worked: 1, last_worked: at, incident: text, expires_at: at, alternatives: [text] },
    evidence: [
      { text, speaks: 'for', weight: 1, observed_at: at },
      { text, speaks: 'against', weight: 1, observed_at: at },
    ],
    rules: text,
  };
  const trouble = { reason: text, since: at };
  return {
    ...{ fqdn: text, view: { process: text, history: text }, fleet },
    reader: { name: text, role: text },
    processes: { items: [process], next: text },
    configuration: { ...process, unit: text, environment: { [text]: text } },
    obm: { state: text, power: { state: text, since: at }, trouble },
    suggestion,
    notes: { notes: [{ text, by: text, at }] },
    history: { entries: [{ at, kind: text, by: text, text }], next: text },
  } as unknown as MachineParts;
};

t.test('31: whatever is known of a machine is inert on its page', async (t) => {
  const hostile = [
    '<script>alert(1)</script>',
    '</td></tr></table></section><img src=x onerror=alert(1)>',
    '"><svg onload=alert(1)>',
    '\u001b[2J\u001b]0;title\u0007\u0000',
    '\u202egnp.exe\u2066\r\n\t',
    '\ud800',
  ];
  const elements = (html: string): string[] =>
    named(documentIn(html), ...['table', 'tr', 'td', 'th', 'section', 'li', 'a', 'p', 'dd']).map(
      ({ tagName }) => tagName,
    );
  // The commands for a reboot are there only where a name is one.
  const plain = elements(machinePage(partsOf('Plain')));
  for (const text of hostile) {
    const html = machinePage(partsOf(text));
    t.notMatch(
      html.slice(0, -1).replace('\n', ''),
      /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
    );
    t.ok(html.isWellFormed());
    const document = documentIn(html);
    t.same(named(document, 'script', 'img', 'svg', 'iframe', 'pre'), [], text);
    t.same(elements(html), plain, 'nothing was begun or ended by it');
    for (const link of named(document, 'a'))
      t.match(attribute(link, 'href'), /^(#main|\.\.\/fleet(\?\S*)?|\.\.\/machines\/\S*)$/);
  }
});

t.test('what to do is said in words, with the commands to be copied', async (t) => {
  const document = documentIn(machinePage({ ...partsOf('n1.example'), view: {} }));
  const commands = named(document, 'code').map(textOf);
  t.equal(commands.at(-1), 'halctl reboot n1.example');
  t.match(commands[0], /^halctl auth elevate --action power --scope n1\.example/);
  const said = textOf(byId(document, 'suggestion').parentNode!);
  t.match(said, /Suggested: power-cycle.*Sure: 0\.80 \(worked 1 of 2 times here/);
  t.match(said, /Forbidden because:.*What speaks for it:.*What speaks against it:/);
});

t.test('what was refused is told in its place, and the rest is there', async (t) => {
  const problem = {
    ...{ type: '', title: 'no', status: 409, code: 'obm-not-registered' },
    detail: 'the machine has no <OBM>',
  };
  const document = documentIn(machinePage({ ...partsOf('n1.example'), obm: { problem } }));
  t.match(textOf(byId(document, 'power').parentNode!), /Not shown: the machine has no <OBM>/);
  byId(document, 'happened');
  byId(document, 'environment');
});
