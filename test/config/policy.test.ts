/** The policy file of a site: what is right, and where it is wrong. */

import t from 'tap';
import { policyBytesMax } from '../../src/config/policy.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { policyMachinesMax, policyRulesMax } from '../../src/core/values/policy.ts';
import { policyFrom } from '../../src/station/loading/policy-file.ts';

const rule = (more: string): string => `version: 1\nrules:\n  - name: a rule\n${more}`;

const problemsOf = (text: string): string[] => {
  const result = policyFrom('policy.yaml', text);
  return result.ok ? [] : result.problems.map(formatProblem);
};

t.test('a rule is read with machines, projects and conditions', async (t) => {
  const result = policyFrom(
    'policy.yaml',
    rule(`    allow: [power]
    who: [role:power-intern, user:ada, everybody]
    machines: n[2-3,1].savio3
    projects: [climate]
    only_if: {suggested: true, max_machines: 1, max_per_hour: 3, second_factor: true, hours: 22:00-06:30}
`),
  );
  t.strictSame(result, {
    ok: true,
    rules: [
      {
        ...{ name: 'a rule', who: ['role:power-intern', 'user:ada', 'everybody'] },
        ...{ actions: ['power'], effect: 'allow', projects: ['climate'] },
        machines: ['n1.savio3', 'n2.savio3', 'n3.savio3'],
        only_if: {
          ...{ suggested: true, max_machines: 1, max_per_hour: 3, second_factor: true },
          hours: { from: 1320, to: 390 },
        },
      },
    ],
  });
});

t.test('hosts called like nothing and numbers are hosts', async (t) => {
  const result = policyFrom(
    'policy.yaml',
    rule("    deny: [power]\n    who: [everybody]\n    machines: '0,null,1e3,constructor'\n"),
  );
  t.match(result, { ok: true, rules: [{ machines: ['0', '1e3', 'constructor', 'null'] }] });
});

t.test(
  '60: what is wrong is said with its line, and a word that is nearly right is suggested',
  async (t) => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['', /^policy\.yaml:1:1/],
      ['version: 2\nrules: []\n', /^policy\.yaml:1:10: version/],
      ['version: 1\nrulez: []\n', /policy\.yaml:2:1: rulez: .*rules/],
      [rule('    alow: [power]\n    who: [everybody]\n'), /^policy\.yaml:4:5: .*allow/],
      [rule('    allow: [powr]\n    who: [everybody]\n'), /^policy\.yaml:4:13: .*"power"/],
      [rule('    allow: [power]\n    who: [rol:admin]\n'), /^policy\.yaml:5:11: .*role/],
      [rule('    allow: [power]\n    who: [role:opertor]\n'), /^policy\.yaml:5:11: .*operator/],
      [rule('    allow: [power]\n    who: []\n'), /^policy\.yaml:5:10/],
      [
        rule('    allow: [power]\n    deny: [power]\n    who: [everybody]\n'),
        /^policy\.yaml:3:5: .*either/,
      ],
      [
        rule('    allow: [power]\n    who: [everybody]\n    machines: n[3-1]\n'),
        /^policy\.yaml:6:15/,
      ],
      [
        rule('    allow: [power]\n    who: [everybody]\n    machines: "@savoi3"\n'),
        /^policy\.yaml:6:15/,
      ],
      [
        rule('    allow: [power]\n    who: [everybody]\n    only_if: {hours: 8-18}\n'),
        /^policy\.yaml:6:22: .*08:00-18:00/,
      ],
      [
        rule('    allow: [power]\n    who: [everybody]\n    only_if: {sugested: true}\n'),
        /^policy\.yaml:6:15: .*suggested/,
      ],
      [
        rule('    allow: [operate]\n    who: [everybody]\n    only_if: {max_per_hour: 3}\n'),
        /power only/,
      ],
      [
        rule('    deny: [operate]\n    who: [everybody]\n    only_if: {second_factor: true}\n'),
        /any circumstances/,
      ],
      [
        `${rule('    allow: [note]\n    who: [everybody]\n')}  - name: a rule\n    allow: [note]\n    who: [everybody]\n`,
        /^policy\.yaml:6:11: .*that name/,
      ],
      [rule('    allow: [power\n'), /^policy\.yaml:\d/],
    ];
    for (const [text, expected] of cases) {
      const problems = problemsOf(text);
      t.match(problems.join('\n'), expected, text);
      t.ok(problems.length > 0);
    }
  },
);

t.test('a policy has so many rules, machines and bytes, and one more is refused', async (t) => {
  const rules = (count: number): string =>
    Array.from(
      { length: count },
      (_, i) => `  - {name: r${i}, allow: [note], who: [everybody]}\n`,
    ).join('');
  t.strictSame(problemsOf(`version: 1\nrules:\n${rules(policyRulesMax)}`), []);
  t.match(problemsOf(`version: 1\nrules:\n${rules(policyRulesMax + 1)}`), [/rules/]);
  const machines = (count: number): string =>
    rule(`    allow: [note]\n    who: [everybody]\n    machines: n[1-${count}]\n`);
  t.strictSame(problemsOf(machines(policyMachinesMax)), []);
  t.match(problemsOf(machines(policyMachinesMax + 1)), [/20000 machines at most/]);
  t.match(problemsOf('#'.repeat(policyBytesMax + 1)), [/1024 KiB at most/]);
});
