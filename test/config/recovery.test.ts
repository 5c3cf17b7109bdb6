/** What facts may say of the recovery of lost hosts. */

import t from 'tap';
import { parse } from 'yaml';
import { declarationFrom } from '../../src/config/declaration.ts';
import { dumpDeclaration } from '../../src/config/dump.ts';
import type { Declaration } from '../../src/core/values/facts.ts';
import { sshDefaults } from '../../src/core/values/recovery-policy.ts';
import { commitOf, newEngine } from '../core/scenario.ts';

const read = (steps: string): ReturnType<typeof declarationFrom> =>
  declarationFrom({
    facts: { name: 'f.yaml', text: `cluster: c\nhosts: []\nrecovery: ${steps}\n` },
    roles: [],
  });

const problems = (steps: string): string[] => {
  const result = read(steps);
  return result.ok
    ? []
    : result.problems.map(
        ({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`,
      );
};

const declared = (text: string): Declaration => {
  const result = declarationFrom({ facts: { name: 'f.yaml', text }, roles: [] });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.declaration;
};

t.test('an ssh step without options restarts the agent, once', async (t) => {
  t.match(read('[{ ssh: {} }]'), { ok: true, declaration: { recovery: [sshDefaults] } });
});

t.test('what is wrong with steps is told, all of it', async (t) => {
  t.same(problems('[{ wait: 0 }, { wait: 5, ssh: {} }, {}, { wait: 5, times: 2 }, reboot]'), [
    '3:20 recovery[0].wait: Expected a whole number of 1 to 86400, found 0.',
    '3:25 recovery[1]: A step is "wait", "ssh" or "power-cycle".',
    '3:47 recovery[2]: A step is "wait", "ssh" or "power-cycle".',
    '3:62 recovery[3].times: "times" is for steps that do something.',
    '3:74 recovery[4]: Expected {wait}, {ssh} or {power-cycle}, found text.',
  ]);
  t.match(problems('{ wait: 5 }'), [/recovery: Expected a list, found a map/]);
  t.match(problems(`[${'{ wait: 1 }, '.repeat(17)}]`), [/Expected 0 to 16 entries, found 17/]);
});

t.test('a machine may be cycled, as often as is said', async (t) => {
  t.match(read('[{ power-cycle: {} }, { power-cycle: {}, times: 3 }]'), {
    ok: true,
    declaration: {
      recovery: [
        { kind: 'power-cycle', times: 1 },
        { kind: 'power-cycle', times: 3 },
      ],
    },
  });
  for (const step of ['power-cycle', '{ power-cycle }', '{ power-cycle: now }'])
    t.match(problems(`[${step}]`), [/Expected/], step);
  t.match(problems('[{ power-cycle: {}, ssh: {} }]'), [/A step is "wait", "ssh" or "power-cycle"/]);
  t.match(problems('[{ power-cycle: { force: true } }]'), [/recovery\[0\]\.power-cycle/]);
});

t.test('nothing that ssh would take for something else is accepted', async (t) => {
  for (const bad of [
    'identity_file: relative/key',
    'identity_file: "/etc/a key"',
    'identity_file: "/etc/%h"',
    'known_hosts_file: "/etc/${HOME}"',
    'user: "-oProxyCommand=id"',
    'user: "root@elsewhere"',
    'port: 0',
    'host_keys: "no"',
    'timeout: 0',
    'command: ""',
    'command: "a\\nb"',
    'proxy: x',
  ])
    t.equal(problems(`[{ ssh: { ${bad} } }]`).length, 1, bad);
});

t.test('the recovery that was loaded is dumped so that it loads again', async (t) => {
  const text = `cluster: c
recovery: [{ wait: 90 }, { ssh: { user: admin, port: 2222, timeout: 10 }, times: 3 }]
hosts:
  - { fqdn: a.example, roles: [], recovery: [] }
  - { fqdn: b.example, roles: [], recovery: [{ ssh: {} }] }
  - { fqdn: c.example, roles: [] }
`;
  const engine = newEngine();
  commitOf(engine, { type: 'LoadDeclaration', declaration: declared(text) });
  const { facts } = dumpDeclaration(engine.graph);
  t.match(parse(facts.text), parse(text) as object);
  t.same(declared(facts.text), declared(text));
  const again = engine.submit(
    { type: 'LoadDeclaration', declaration: declared(facts.text) },
    { at: 1, actor: 'token:test', correlation: 'c' },
  );
  t.equal(again.kind, 'unchanged');
});
