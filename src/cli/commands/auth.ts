/** `halctl auth`: tokens, and who one is. */

import type { Command } from 'commander';
import { Option } from 'commander';
import type { Client } from '../../client/client.ts';
import { everyItem } from '../../client/pages.ts';
import type { Done, IssuedToken, Token, TokenBody } from '../../client/types.ts';
import {
  changeOptions,
  fidOf,
  gather,
  isDryRun,
  show,
  showChange,
  withChange,
  withExamples,
  withJson,
  withWork,
} from '../command.ts';
import type { ChangeFlags, JsonFlag } from '../command.ts';
import { writePrivately } from '../config.ts';
import { duration } from '../duration.ts';
import { Failure } from '../exit-codes.ts';
import { formatFields, formatTable } from '../output/table.ts';
import { formatTime } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';
import { elevateCommand, grantCommands } from './auth-grants.ts';
import { canCommand, policyCommands } from './auth-policy.ts';
import { sessionCommands } from './auth-session.ts';
import { userCommands } from './auth-users.ts';

const tokenRoles = [
  'viewer',
  'note-taker',
  'power-intern',
  'operator',
  'admin',
  'agent',
  'process',
] as const;
const placeRoles = ['viewer', 'operator'] as const;

export const authCommands = (program: Command, shell: Shell): void => {
  const auth = program.command('auth').description('tokens, and who you are to the station');
  const whoami = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const client = await connect(shell, flags);
    show(shell, flags, await client.whoami({ signal: shell.signal }), tokenLines);
  };
  withExamples(
    withWork(
      withJson(auth.command('whoami').description('show what your token is and allows')),
      whoami,
    ),
    'halctl auth whoami',
  );
  sessionCommands(auth, shell);
  userCommands(auth, shell);
  canCommand(auth, shell);
  policyCommands(auth, shell);
  elevateCommand(auth, shell);
  grantCommands(auth, shell);
  const token = auth.command('token').description('tokens of people, agents and processes');
  createCommand(token, shell);
  listCommand(token, shell);
  revokeCommand(token, shell);
};

const expiry = ({ expires }: Token): string => (expires === null ? 'never' : formatTime(expires));

const placesText = ({ projects }: Token): string =>
  projects.map(({ name, role }) => `${name}:${role}`).join(', ');

const tokenLines = (token: Token): string[] =>
  formatFields([
    ['id', token.id],
    ['name', token.name],
    ['role', token.role],
    ['host', token.host ?? undefined],
    ['process', token.process ?? undefined],
    ['user', token.user ?? undefined],
    ['projects', placesText(token) || undefined],
    ['expires', expiry(token)],
  ]);

interface CreateFlags extends GlobalFlags, JsonFlag {
  readonly role: TokenBody['role'];
  readonly host?: string;
  readonly process?: string;
  readonly user?: string;
  readonly project?: readonly string[];
  readonly expires?: number;
  readonly output?: string;
  readonly dryRun?: true;
}

/** `P` or `P:role` of each `--project`; the role is that of `--role` where none is said. */
const placesOf = (
  projects: readonly string[],
  usual: TokenBody['role'],
): NonNullable<TokenBody['projects']> =>
  projects.map((text) => {
    const [, name = text, said = usual] = /^(.+):(viewer|operator)$/.exec(text) ?? [];
    const role = placeRoles.find((one) => one === said);
    if (role) return { name, role };
    throw new Failure('usage', `in a project a token is viewer or operator, not ${said}`);
  });

/** Nobody has a token that could not be written, and it might be good for ever. @throws {Failure} in any case */
const takeBack = async (client: Client, { id }: IssuedToken, why: Error): Promise<never> => {
  const text = `the token could not be written: ${why.message}`;
  await client.revokeToken(id).catch(() => {
    throw new Failure('failed', text, `Revoke it: halctl auth token revoke ${id}`);
  });
  throw new Failure('failed', `${text}; it was revoked`);
};

const createCommand = (token: Command, shell: Shell): void => {
  const run = async (flags: CreateFlags, name: string): Promise<void> => {
    const { host, process, user, expires, output, dryRun } = flags;
    const places = flags.project && placesOf(flags.project, flags.role);
    const client = await connect(shell, flags);
    const body: TokenBody = {
      name,
      ...(places ? { role: 'member', projects: places } : { role: flags.role }),
      ...(host === undefined ? {} : { host }),
      ...(process === undefined ? {} : { process }),
      ...(user === undefined ? {} : { user }),
      ...(expires === undefined ? {} : { expires_in: expires }),
    };
    const reply = await client.issueToken(body, { dryRun, signal: shell.signal });
    if (isDryRun(reply) || output === undefined)
      return showChange(shell, flags, reply, (issued: IssuedToken) => [
        ...tokenLines(issued),
        '',
        'The token, which is not shown again:',
        issued.token,
      ]);
    const { token: secret, ...shown } = reply;
    await writePrivately(output, `${secret}\n`).catch((error: unknown) =>
      takeBack(client, reply, error as Error),
    );
    show(shell, flags, shown, (issued) => [
      ...tokenLines(issued),
      '',
      `The token is in ${output}.`,
    ]);
  };
  const create = withJson(
    token
      .command('create')
      .description('issue a token; it is shown once')
      .argument('<name>', 'what it is for')
      .addOption(
        new Option('--role <role>', 'what it allows').choices(tokenRoles).makeOptionMandatory(),
      )
      .option('--host <host>', 'for the role agent: the only host that it may speak for')
      .option('--process <fid>', 'for the role process: the process', fidOf)
      .option('--user <name>', 'whose it is; --role is that of the user')
      .option(
        '--project <project>',
        'good for the machines of this project only, with --role viewer or operator there; PROJECT:ROLE says another; repeatable',
        gather,
      )
      .option(
        '--expires <duration>',
        'how long it works, like 12h or 30d; absent: until it is revoked',
        duration,
      )
      .option('-o, --output <file>', 'write the token to a file that only its owner may read')
      .option('--dry-run', 'show the events that would be appended; change nothing'),
  );
  withExamples(
    withWork(create, run),
    "halctl auth token create 'agent of n0001' --role agent --host n0001.example -o n0001.token",
    'halctl auth token create monitoring --role viewer --expires 90d',
    "halctl auth token create 'climate group' --project climate --project ocean:viewer --role operator",
  );
};

const forWhat = (token: Token): string =>
  token.host ?? token.process ?? token.user ?? (placesText(token) || '-');

const listCommand = (token: Command, shell: Shell): void => {
  const run = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await everyItem((options) => client.listTokens(options), {
      signal: shell.signal,
    });
    show(shell, flags, reply, ({ items }) =>
      formatTable<Token>(
        [
          { title: 'ID', value: ({ id }) => id },
          { title: 'ROLE', value: ({ role }) => role },
          { title: 'EXPIRES', value: expiry },
          { title: 'FOR', value: forWhat, yields: 2 },
          { title: 'NAME', value: ({ name }) => name, yields: 1 },
        ],
        items,
        shell.width,
      ),
    );
  };
  withExamples(
    withWork(
      withJson(token.command('list').description('list tokens, without their secrets')),
      run,
    ),
    'halctl auth token list',
  );
};

const revokeCommand = (token: Command, shell: Shell): void => {
  const run = async (flags: ChangeFlags, id: string): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.revokeToken(id, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ revision }: Done) => [
      `The token ${id} does not work any more; revision ${revision}.`,
    ]);
  };
  withExamples(
    withWork(
      withChange(
        token
          .command('revoke')
          .description('make a token stop working')
          .argument('<id>', 'its id, as in the list'),
      ),
      run,
    ),
    'halctl auth token revoke 3f2a9c',
  );
};
