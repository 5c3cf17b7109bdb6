/** The policy file of a site: its schema, and the rules that it makes. */

import { Type } from 'typebox';
import { credentialRoles } from '../core/values/credential-roles.ts';
import { policyActions, policyMachinesMax, policyRulesMax } from '../core/values/policy.ts';
import type { Conditions, PolicyAction, PolicyRule } from '../core/values/policy.ts';
import { usesRemembered } from '../core/values/grants.ts';
import { didYouMean } from './problem.ts';
import type { Path, Problem } from './problem.ts';
import { checkSchema } from './schema-check.ts';
import { readYaml } from './yaml.ts';
import type { YamlFile } from './yaml.ts';

const closed = { additionalProperties: false } as const;

const Rule = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    allow: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
    deny: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
    who: Type.Array(Type.String(), { minItems: 1, maxItems: 200 }),
    machines: Type.Optional(Type.String({ minLength: 1, maxLength: 65_536 })),
    projects: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 200 })),
    only_if: Type.Optional(
      Type.Object(
        {
          suggested: Type.Optional(Type.Boolean()),
          max_machines: Type.Optional(Type.Integer({ minimum: 1 })),
          max_per_hour: Type.Optional(Type.Integer({ minimum: 1, maximum: usesRemembered })),
          second_factor: Type.Optional(Type.Boolean()),
          hours: Type.Optional(
            Type.String({
              pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$',
              expected: 'hours in UTC such as 08:00-18:00',
            }),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
);

const PolicyFile = Type.Object(
  {
    version: Type.Literal(1),
    rules: Type.Array(Rule, { maxItems: policyRulesMax }),
  },
  closed,
);

/** A rule as it is written. */
interface Written {
  readonly name: string;
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly who: readonly string[];
  readonly machines?: string;
  readonly projects?: readonly string[];
  readonly only_if?: {
    readonly suggested?: boolean;
    readonly max_machines?: number;
    readonly max_per_hour?: number;
    readonly second_factor?: boolean;
    readonly hours?: string;
  };
}

export type PolicyResult =
  | { readonly ok: true; readonly rules: readonly PolicyRule[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Bytes of a policy file. */
export const policyBytesMax = 1024 * 1024;

/**
 * Reads a policy. All of it is right, or nothing of it counts.
 *
 * @param expand the machines of a nodeset; throws an error that says what is wrong with it
 */
export const readPolicy = (
  file: string,
  text: string,
  expand: (nodeset: string) => readonly string[],
): PolicyResult => {
  if (Buffer.byteLength(text) > policyBytesMax) {
    const message = `A policy has ${policyBytesMax / 1024} KiB at most.`;
    return { ok: false, problems: [{ file, line: 1, column: 1, path: '', message }] };
  }
  const yaml = readYaml(file, text, { truths: 'plain' });
  if (yaml.problems.length > 0) return { ok: false, problems: yaml.problems };
  const findings = checkSchema(PolicyFile, yaml.value);
  if (findings.length > 0)
    return {
      ok: false,
      problems: findings.map(({ path, at, message, expected }) =>
        at === 'key'
          ? yaml.keyProblem(path, message, expected)
          : yaml.problem(path, message, expected),
      ),
    };
  const { rules } = yaml.value as { rules: readonly Written[] };
  const problems: Problem[] = [];
  const read = rules.map((rule, i) => ruleOf(rule, ['rules', i], yaml, expand, problems));
  const names = new Set<string>();
  for (const [i, { name }] of rules.entries()) {
    if (names.has(name))
      problems.push(yaml.problem(['rules', i, 'name'], 'Two rules have that name.'));
    names.add(name);
  }
  const count = read.reduce((sum, { machines }) => sum + (machines?.length ?? 0), 0);
  if (count > policyMachinesMax)
    problems.push(
      yaml.problem(
        ['rules'],
        `All rules together name ${policyMachinesMax} machines at most, and these ${count}.`,
      ),
    );
  return problems.length > 0 ? { ok: false, problems } : { ok: true, rules: read };
};

const ruleOf = (
  { name, allow, deny, who, machines, projects, only_if = {} }: Written,
  path: Path,
  yaml: YamlFile,
  expand: (nodeset: string) => readonly string[],
  problems: Problem[],
): PolicyRule => {
  const wrong = (key: string | readonly (string | number)[], message: string): void =>
    void problems.push(
      yaml.problem([...path, ...(typeof key === 'string' ? [key] : key)], message),
    );
  if ((allow === undefined) === (deny === undefined))
    problems.push(yaml.problem(path, 'A rule says either what it allows or what it denies.'));
  const side = deny === undefined ? 'allow' : 'deny';
  const actions = (deny ?? allow ?? []).map((action, i) => {
    if (!(policyActions as readonly string[]).includes(action))
      wrong(
        [side, i],
        `There is no action "${action}"${didYouMean(action, policyActions)}; there are ${policyActions.join(', ')}.`,
      );
    return action as PolicyAction;
  });
  for (const [i, one] of who.entries()) {
    const trouble = troubleWith(one);
    if (trouble !== undefined) wrong(['who', i], trouble);
  }
  if (side === 'deny' && Object.keys(only_if).length > 0)
    wrong('only_if', 'What is denied is denied under any circumstances.');
  if (!actions.includes('power')) {
    for (const key of ['suggested', 'max_machines', 'max_per_hour'] as const)
      if (only_if[key] !== undefined)
        wrong(['only_if', key], `"${key}" goes with the action power only.`);
  }
  return {
    ...{ name, who: [...who], actions, effect: side, projects: projects ? [...projects] : null },
    machines: machinesOf(machines, expand, (message) => wrong('machines', message)),
    only_if: conditionsOf(only_if),
  };
};

const kinds = ['role', 'user', 'token'];

/** What is wrong with somebody whom a rule is about. */
const troubleWith = (one: string): string | undefined => {
  if (one === 'everybody') return undefined;
  const [, kind, name] = /^([a-z]+):(.+)$/.exec(one) ?? [];
  if (kind === undefined || name === undefined || !kinds.includes(kind))
    return (
      `"${one}" is nobody: write role:ROLE, user:NAME, token:ID or everybody` +
      `${didYouMean(kind ?? one, [...kinds, 'everybody'])}.`
    );
  if (kind === 'role' && !(credentialRoles as readonly string[]).includes(name))
    return `There is no role "${name}"${didYouMean(name, credentialRoles)}.`;
  return undefined;
};

const machinesOf = (
  text: string | undefined,
  expand: (nodeset: string) => readonly string[],
  wrong: (message: string) => void,
): readonly string[] | null => {
  if (text === undefined || text === 'all') return null;
  try {
    return [...new Set(expand(text))].sort();
  } catch (error) {
    wrong(`${(error as Error).message}.`);
    // Never all of them, whatever else is made of this.
    return [];
  }
};

const conditionsOf = ({
  suggested,
  max_machines,
  max_per_hour,
  second_factor,
  hours,
}: NonNullable<Written['only_if']>): Conditions => ({
  ...(suggested ? { suggested: true } : {}),
  ...(max_machines === undefined ? {} : { max_machines }),
  ...(max_per_hour === undefined ? {} : { max_per_hour }),
  ...(second_factor ? { second_factor: true } : {}),
  ...(hours === undefined ? {} : { hours: hoursOf(hours) }),
});

const hoursOf = (text: string): { from: number; to: number } => {
  const [from, to] = text.split('-').map((time) => {
    const [hours, minutes] = time.split(':').map(Number) as [number, number];
    return hours * 60 + minutes;
  }) as [number, number];
  return { from, to };
};
