/** A value arrives as it was written, or its file is refused with line and column. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { declarationFrom } from '../../src/config/declaration.ts';
import { createRenderers } from '../../src/config/render.ts';
import type { Variables } from '../../src/core/values/roles.ts';

const roles = (literal = 'x'): string => `- role: r
  processes:
    - name: r
      endpoint: "{{ lnid }}:12345:41:301"
      environment:
        LITERAL: ${literal}
        VARIABLE: "{{ variable }}"
        BETWEEN: "<{{ variable }}>"
        OVERRIDE: "{{ override }}"
`;

const facts = (scalar: string): string => `cluster: c
hosts:
  - fqdn: n1.example
    variables: { lnid: 10.0.0.1@tcp, variable: ${scalar} }
    roles: [{ name: r, overrides: { override: ${scalar} } }]
`;

type Arrived =
  | { readonly environment: Readonly<Record<string, string>> }
  | { readonly refused: readonly { readonly line: number; readonly column: number }[] };

/** What a process gets of a scalar that stands in a role, in variables and in overrides. */
const arrived = (scalar: string): Arrived => {
  const read = declarationFrom({
    facts: { name: 'facts.yaml', text: facts(scalar) },
    roles: [{ name: 'roles.yaml', text: roles(scalar) }],
  });
  if (!read.ok) return { refused: read.problems };
  const [host] = read.declaration.hosts;
  const [role] = read.declaration.roles;
  const { variables, roles: uses } = host!;
  const result = createRenderers()()(role!, variables, uses[0]?.overrides as Variables);
  if (!result.ok) return { refused: [{ line: result.problem.line, column: 1 }] };
  return { environment: result.templates[0]!.spec.environment };
};

const asWritten = (text: string): Arrived => ({
  environment: { LITERAL: text, VARIABLE: text, BETWEEN: `<${text}>`, OVERRIDE: text },
});

const plain = [
  ...[
    '0',
    '-1',
    '42',
    '1.5',
    '-0.25',
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '1e400',
    '1e3',
  ],
  ...['18446744073709551615', '0.1000000000000000055', '1.10', '1.0', '.5', '5.', '+5', '-0'],
  ...['0x1F', '0o17', '010', '007', '1_000', '12:30:45', '2001-01-01', '1e-7', '1E5', '0.0'],
  ...['.inf', '-.INF', '.nan', 'yes', 'no', 'on', 'off', 'y', 'N', 'true', 'false', '0b11'],
  ...['1.2.3', '1e', '0x', '0xG', '10.0.0.1', 'a b', '<<', '=', 'ü', 'null0', '~x'],
];

t.test('every spelling of a plain scalar arrives as it is written', async (t) => {
  for (const scalar of plain) t.same(arrived(scalar), asWritten(scalar), scalar);
});

t.test('what is written in quotes is the text between them', async (t) => {
  for (const scalar of [...plain, 'True', '~', 'null', ''])
    for (const quote of ['"', "'"])
      t.same(arrived(`${quote}${scalar}${quote}`), asWritten(scalar), scalar);
});

t.test('numbers of any length and spelling arrive as written', async () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 40 });
  const number = fc
    .tuple(
      fc.constantFrom('', '-', '+'),
      digits,
      fc.option(digits),
      fc.option(fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '-', '+'), digits)),
    )
    .map(
      ([sign, whole, fraction, power]) =>
        `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${power === null ? '' : power.join('')}`,
    );
  fc.assert(
    fc.property(number, (scalar) => assert.deepEqual(arrived(scalar), asWritten(scalar))),
    { numRuns: 300 },
  );
});

t.test('what has no one meaning is refused with line and column', async (t) => {
  const refused: readonly string[] = [
    ...['True', 'FALSE', '!!binary aGk=', '!!float 1', '!secret x', '"\\ud800"', 'a\u0000b'],
    ...['a\u009Bb', 'a\u007Fb', '"a\u0085b"', '!!int "5"', '!!set {a}'],
  ];
  for (const scalar of refused) {
    const found = arrived(scalar);
    if (!('refused' in found)) t.fail(`${scalar} arrives as ${JSON.stringify(found)}`);
    else t.ok(found.refused[0]!.line > 3 && found.refused[0]!.column > 5, JSON.stringify(found));
  }
});

t.test('a number is where one is needed, or refused', async (t) => {
  for (const size of ['1.0', '1e3', '0x10', '+5', '010', '9007199254740993', '1e400', '.inf']) {
    const text = `cluster: c\nvars: { keepalive_timeout: ${size} }\nhosts: []\n`;
    const read = declarationFrom({ facts: { name: 'f', text }, roles: [] });
    t.match(read, { ok: false, problems: [{ line: 2, column: 28 }] }, size);
  }
});

t.test('no key replaces another', async (t) => {
  const of = (map: string): unknown => {
    const text = `cluster: c\nhosts:\n  - fqdn: n1\n    roles: []\n    variables: ${map}\n`;
    const read = declarationFrom({ facts: { name: 'f', text }, roles: [] });
    return read.ok ? read.declaration.hosts[0]?.variables : read.problems.map(({ line }) => line);
  };
  t.same(of('{ 1.10: a, 1.1: b }'), { '1.10': 'a', '1.1': 'b' });
  t.same(of('{ 0x10: a, 16: b }'), { '0x10': 'a', '16': 'b' });
  t.same(of('{ 5: a, "5": b }'), [5]);
  t.same(of('{ ? [a, b] : c }'), [5]);
  t.same(of('{ __proto__: a }'), JSON.parse('{ "__proto__": "a" }'));
});

t.test('a directive does not change what words mean', async (t) => {
  const text = `%YAML 1.1\n---\n${facts('yes')}`;
  const read = declarationFrom({
    facts: { name: 'f', text },
    roles: [{ name: 'roles.yaml', text: roles() }],
  });
  t.match(read, { ok: true, declaration: { hosts: [{ variables: { variable: 'yes' } }] } });
});
