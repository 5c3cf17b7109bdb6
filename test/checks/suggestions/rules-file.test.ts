/** Rules that a site writes for itself. */

import t from 'tap';
import { formatProblem } from '../../../src/config/problem.ts';
import { readRules, rulesText } from '../../../src/checks/suggestions/rules-file.ts';
import { builtInRules } from '../../../src/checks/suggestions/table.ts';
import { about, dead, untried } from './played-machine.ts';

const text = rulesText(builtInRules);

const problems = (edited: string): string[] => {
  t.not(edited, text, 'something was edited');
  const read = readRules({ name: 'rules.yaml', text: edited });
  return read.ok ? [] : read.problems.map(formatProblem);
};

t.test('the built-in rules are a file that can be edited and read again', async (t) => {
  const read = readRules({ name: 'rules.yaml', text });
  t.strictSame(read, { ok: true, rules: builtInRules });
});

t.test('a site that trusts less says so, and its word counts', async (t) => {
  const read = readRules({
    name: 'rules.yaml',
    text: text.replace('version: halcyon-1', 'version: ours-7').replace('prior: 0.8', 'prior: 0.3'),
  });
  if (!read.ok) return t.fail(read.problems.map(formatProblem).join('\n'));
  const suggestion = about({ observations: dead }, untried, read.rules);
  t.equal(suggestion.confidence, 0.3);
  t.equal(suggestion.rules, 'ours-7');
});

t.test('a mistake is told with its line, and what was meant', async (t) => {
  const [misspelt] = problems(text.replace('- power-on\n', '- powr-on\n'));
  t.match(
    misspelt,
    /^rules\.yaml:\d+:\d+: rules\[2\]\.when\[1\]: .*"powr-on".*Did you mean "power-on"/,
  );
  const [unknown] = problems(text.replace('prior: 0.8', 'priro: 0.8'));
  t.match(unknown, /"prior" is missing|Unknown key "priro"\. Did you mean "prior"/);
  const [much] = problems(text.replace('prior: 0.85', 'prior: 85'));
  t.match(much, /of 0 to 1/);
  const [twice] = problems(text.replace('id: ssh-dead', 'id: no-way'));
  t.match(twice, /There is another rule "no-way"/);
});

t.test('a rule that would always hold is refused', async (t) => {
  const [always] = problems(text.replace('when:\n      - no-access', 'when: []'));
  t.match(always, /holds always/);
});

t.test('what is no YAML, no map, or empty is refused', async (t) => {
  for (const bad of ['', 'rules', '- a', 'version: [', '\u0007'])
    t.not(problems(bad).length, 0, JSON.stringify(bad));
});
