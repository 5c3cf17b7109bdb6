/** `halctl auth policy` and `auth can-i`: what the site says about who may do what. */

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Argument } from 'commander';
import type { Command } from 'commander';
import type { Can, Policy, PolicyRule } from '../../client/types.ts';
import { show, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { formatTable } from '../output/table.ts';
import { counted } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

const actions = ['look', 'note', 'operate', 'power', 'administer'] as const;

interface CanFlags extends GlobalFlags, JsonFlag {
  readonly as?: string;
  readonly suggested?: true;
}

export const canCommand = (auth: Command, shell: Shell): void => {
  const run = async (
    flags: CanFlags,
    action: (typeof actions)[number],
    hosts: string | undefined,
  ): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.whetherAllowed({
      ...{ action, signal: shell.signal },
      ...(hosts === undefined ? {} : { hosts }),
      ...(flags.as === undefined ? {} : { as: flags.as }),
      ...(flags.suggested ? { suggested: true } : {}),
    });
    show(shell, flags, reply, ({ answers }) => answers.map(answerLine));
    if (reply.answers.every(({ allowed }) => allowed)) return;
    const denied = reply.answers.reduce((sum, one) => sum + (one.allowed ? 0 : one.count), 0);
    throw new Failure(
      'notAllowed',
      denied === 0 ? 'not allowed' : `not allowed for ${counted(denied, 'host')}`,
    );
  };
  withExamples(
    withWork(
      withJson(
        auth
          .command('can-i')
          .description('say whether you may do something, and which rule decides; exit code 6: no')
          .addArgument(new Argument('<action>', 'what is to be done').choices(actions))
          .argument('[nodeset]', 'the machines; absent: the cluster as a whole')
          .option('--as <user>', 'as an administrator: whether that user may')
          .option('--suggested', 'as if Halcyon suggested it'),
      ),
      run,
    ),
    "halctl auth can-i power 'n[0001-0040].savio3'",
    'halctl auth can-i power n0001.savio3 --as ada --suggested',
  );
};

const answerLine = ({ hosts, allowed, rule, lack, grant }: Can['answers'][number]): string =>
  [
    `${hosts ?? 'the cluster'}: ${allowed ? 'yes' : 'no'}`,
    ` (${rule}${grant === null ? '' : `, by the grant ${grant}`})`,
    lack === null ? '' : `; it takes ${lack}`,
  ].join('');

export const policyCommands = (auth: Command, shell: Shell): void => {
  const policy = auth.command('policy').description('what the site says about who may do what');
  showCommand(policy, shell);
  checkCommand(policy, shell);
  reloadCommand(policy, shell);
};

const ruleTable = (rules: readonly PolicyRule[], width: number | undefined): string[] => [
  ...formatTable<PolicyRule>(
    [
      { title: 'RULE', value: ({ name }) => name, yields: 3 },
      { title: 'WHO', value: ({ who }) => who.join(','), yields: 2 },
      {
        title: 'MAY',
        value: ({ effect, actions }) => `${effect === 'deny' ? 'not ' : ''}${actions.join(',')}`,
      },
      {
        title: 'MACHINES',
        value: ({ machines, projects }) =>
          [machines ?? (projects ? '' : 'all'), projects ? `of ${projects.join(',')}` : '']
            .filter((text) => text !== '')
            .join(' '),
        yields: 1,
      },
      {
        title: 'ONLY IF',
        value: ({ only_if: conditions }) => conditionsText(conditions as Record<string, unknown>),
        yields: 4,
      },
    ],
    rules,
    width,
  ),
];

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

const conditionsText = (conditions: Record<string, unknown>): string =>
  Object.entries(conditions)
    .map(([key, value]) => {
      if (value === true) return key;
      if (typeof value === 'number') return `${key}=${value}`;
      const { from, to } = value as { from: number; to: number };
      return `${key}=${clock(from)}-${clock(to)}`;
    })
    .join(' ') || '-';

const policyLines = ({ file, rules, problems }: Policy, width: number | undefined): string[] => [
  ...(file === null ? ['There is no policy: the roles alone decide.'] : ruleTable(rules, width)),
  ...(problems.length > 0
    ? ['', 'The file has errors now, and the rules are those of before:', ...problems]
    : []),
];

const showCommand = (policy: Command, shell: Shell): void => {
  const run = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.getPolicy({ signal: shell.signal });
    show(shell, flags, reply, (one) => policyLines(one, shell.width));
  };
  withExamples(
    withWork(withJson(policy.command('show').description('show the policy in force')), run),
    'halctl auth policy show',
  );
};

const checkCommand = (policy: Command, shell: Shell): void => {
  const run = async (flags: GlobalFlags & JsonFlag, path: string): Promise<void> => {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      throw new Failure('usage', `cannot read the policy: ${(error as Error).message}`);
    }
    const client = await connect(shell, flags);
    const body = { name: basename(path), text };
    const reply = await client.checkPolicy(body, { signal: shell.signal });
    show(shell, flags, reply, ({ rules }) => [
      ...ruleTable(rules, shell.width),
      '',
      `${basename(path)} is right.`,
    ]);
  };
  withExamples(
    withWork(
      withJson(
        policy
          .command('check')
          .description('check a policy file, and change nothing')
          .argument('<file>', 'YAML'),
      ),
      run,
    ),
    'halctl auth policy check policy.yaml',
  );
};

const reloadCommand = (policy: Command, shell: Shell): void => {
  const run = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.reloadPolicy({ signal: shell.signal });
    show(shell, flags, reply, ({ file, rules }) => [
      `${counted(rules.length, 'rule')} of ${file ?? 'the policy'} ${rules.length === 1 ? 'is' : 'are'} in force.`,
    ]);
  };
  withExamples(
    withWork(
      withJson(
        policy
          .command('reload')
          .description(
            'have the station read its policy file again; with an error, the old one stays',
          ),
      ),
      run,
    ),
    'halctl auth policy reload',
  );
};
