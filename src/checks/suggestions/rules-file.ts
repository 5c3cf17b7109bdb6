/** The rules of a site, as a YAML file that replaces the built-in ones as a whole. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { stringify } from 'yaml';
import { formatProblem, sortProblems } from '../../config/problem.ts';
import type { Problem } from '../../config/problem.ts';
import { checkSchema } from '../../config/schema-check.ts';
import type { SourceFile } from '../../config/source-file.ts';
import { readYaml } from '../../config/yaml.ts';
import type { YamlFile } from '../../config/yaml.ts';
import { actions } from './actions.ts';
import { factNames } from './fact-names.ts';
import type { FactName } from './fact-names.ts';
import type { Rule, Rules } from './rules.ts';

/** More than any site needs, so that each machine is looked at in no time. */
export const rulesMax = 200;
/** Bytes of a file of rules. */
export const rulesFileMax = 1024 * 1024;

const closed = { additionalProperties: false } as const;
const day = 86_400;

const wordsOf = <T extends string>(words: readonly T[], expected: string) =>
  Type.Union(
    words.map((word) => Type.Literal(word)),
    { expected },
  );

const Fact = wordsOf(factNames, 'the name of a fact');
const ActionName = wordsOf(actions, 'the name of an action');
const Texts = Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 200 });
const Share = Type.Number({ minimum: 0, maximum: 1 });
const Least = Type.Integer({ minimum: 2, maximum: 10_000 });

const RuleEntry = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$', expected: 'a name such as ssh-dead' }),
    says: Type.String({ minLength: 1, maxLength: 200 }),
    when: Type.Array(Fact, { maxItems: 20 }),
    unless: Type.Optional(Type.Array(Fact, { maxItems: 20 })),
    reasons: Type.Optional(Texts),
    for: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0, maximum: 7 * day }), Type.Literal('boot')], {
        expected: 'seconds, or boot',
      }),
    ),
    action: ActionName,
    prior: Share,
    against: Type.Optional(
      Type.Object(
        Object.fromEntries(factNames.map((name) => [name, Type.Optional(Share)])),
        closed,
      ),
    ),
    alternatives: Type.Optional(Type.Array(ActionName, { maxItems: 10 })),
    guard: Type.Optional(
      Type.Object(
        {
          times: Type.Integer({ minimum: 1, maximum: 100 }),
          hours: Type.Integer({ minimum: 1, maximum: 24 * 31 }),
        },
        closed,
      ),
    ),
    beyond: Type.Optional(ActionName),
  },
  closed,
);

const RulesDocument = Type.Object(
  {
    version: Type.String({ minLength: 1, maxLength: 64 }),
    boot_seconds: Type.Integer({ minimum: 10, maximum: day }),
    evidence_seconds: Type.Integer({ minimum: 60, maximum: day }),
    machine_reasons: Texts,
    machine_authors: Texts,
    planned_states: Texts,
    correlated: Type.Object(
      {
        within: Type.Integer({ minimum: 1, maximum: day }),
        least: Type.Object(
          { chassis: Least, switch: Least, rack: Least, partition: Least },
          closed,
        ),
      },
      closed,
    ),
    rules: Type.Array(RuleEntry, { minItems: 1, maxItems: rulesMax }),
  },
  closed,
);

interface Document extends Omit<Static<typeof RulesDocument>, 'rules'> {
  readonly rules: readonly Rule[];
}

export type RulesRead =
  | { readonly ok: true; readonly rules: Rules }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Everything that is wrong with a file of rules, or the rules. Pure. */
export const readRules = ({ name, text }: SourceFile): RulesRead => {
  const yaml = readYaml(name, text, { truths: 'plain' });
  if (yaml.problems.length > 0) return { ok: false, problems: yaml.problems };
  const problems = checkSchema(RulesDocument, yaml.value).map(({ path, at, message, expected }) => {
    return at === 'key'
      ? yaml.keyProblem(path, message, expected)
      : yaml.problem(path, message, expected);
  });
  if (problems.length === 0) problems.push(...ruleProblems(yaml, yaml.value as Document));
  if (problems.length > 0) return { ok: false, problems: sortProblems(problems) };
  const document = yaml.value as Document;
  return {
    ok: true,
    rules: {
      version: document.version,
      bootSeconds: document.boot_seconds,
      evidenceSeconds: document.evidence_seconds,
      machineReasons: document.machine_reasons,
      machineAuthors: document.machine_authors,
      plannedStates: document.planned_states.map((state) => state.toLowerCase()),
      correlated: document.correlated,
      rules: document.rules,
    },
  };
};

/** @throws Error everything that is wrong, a line each */
export const rulesOf = (file: SourceFile): Rules => {
  const read = readRules(file);
  if (read.ok) return read.rules;
  const problems = read.problems.map(formatProblem).join('\n');
  throw new Error(`nothing can be suggested by these rules:\n${problems}`);
};

/** What the schema cannot say. */
const ruleProblems = (yaml: YamlFile, { rules }: Document): Problem[] => {
  const problems: Problem[] = [];
  const known = new Set<string>();
  for (const [i, { id, when, reasons, against }] of rules.entries()) {
    if (known.has(id))
      problems.push(yaml.problem(['rules', i, 'id'], `There is another rule "${id}".`));
    known.add(id);
    if (when.length === 0 && !reasons)
      problems.push(
        yaml.problem(['rules', i, 'when'], 'A rule with no facts and no reasons holds always.'),
      );
    for (const name of Object.keys(against ?? {}))
      if (when.includes(name as FactName))
        problems.push(
          yaml.keyProblem(
            ['rules', i, 'against', name],
            `"${name}" must hold for the rule to match, and cannot speak against it.`,
          ),
        );
  }
  return problems;
};

/** The rules as a file that `readRules` takes. */
export const rulesText = (rules: Rules): string =>
  stringify({
    version: rules.version,
    boot_seconds: rules.bootSeconds,
    evidence_seconds: rules.evidenceSeconds,
    machine_reasons: rules.machineReasons,
    machine_authors: rules.machineAuthors,
    planned_states: rules.plannedStates,
    correlated: rules.correlated,
    rules: rules.rules,
  });
