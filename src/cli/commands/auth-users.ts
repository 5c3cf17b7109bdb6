/** `halctl auth user`: people who log in. */

import { Argument } from 'commander';
import type { Command } from 'commander';
import type { Done, User } from '../../client/types.ts';
import {
  changeOptions,
  show,
  showChange,
  withChange,
  withExamples,
  withJson,
  withWork,
} from '../command.ts';
import type { ChangeFlags, JsonFlag } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { formatTable } from '../output/table.ts';
import { formatTime } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';
import { passwordStdin, secretsFrom } from './auth-session.ts';
import type { AskSecret } from './auth-session.ts';

/** Fewest characters of a password: what `PUT /users/:name/password` takes. */
const passwordLeast = 12;

const userRoles = ['viewer', 'note-taker', 'power-intern', 'operator', 'admin'] as const;

interface PasswordFlags extends GlobalFlags, JsonFlag {
  readonly passwordStdin?: true;
}

export const userCommands = (auth: Command, shell: Shell): void => {
  const user = auth.command('user').description('people who log in');
  addCommand(user, shell);
  listCommand(user, shell);
  roleCommand(user, shell);
  for (const disabled of [true, false]) disableCommand(user, shell, disabled);
  removeCommand(user, shell);
  passwordCommand(user, shell);
  codesCommand(user, shell);
};

const role = (): Argument => new Argument('<role>', 'what the user may do').choices(userRoles);

/**
 * A new password, entered twice at a terminal.
 *
 * @throws {Failure} the station would refuse it; nothing has been done then
 */
const newPassword = async (ask: AskSecret, isInput: boolean): Promise<string> => {
  const rule = `${passwordLeast} characters or more`;
  const password = await ask(`New password, ${rule} (not shown): `);
  if (password.length < passwordLeast) throw new Failure('usage', `a password has ${rule}`);
  if (!isInput && (await ask('Again: ')) !== password)
    throw new Failure('usage', 'these were two different passwords');
  return password;
};

const addCommand = (user: Command, shell: Shell): void => {
  const run = async (flags: PasswordFlags, name: string, role: User['role']): Promise<void> => {
    const client = await connect(shell, flags);
    const isInput = flags.passwordStdin === true;
    const canAsk = isInput || (shell.input.isTTY && shell.interactive);
    const password = canAsk ? await newPassword(secretsFrom(shell, isInput), isInput) : undefined;
    const reply = await client.addUser({ name, role }, { signal: shell.signal });
    if (password !== undefined)
      await client.setPassword(name, { password }, { signal: shell.signal });
    show(shell, flags, reply, () => [
      password === undefined
        ? `${name} is ${role}, and cannot log in yet; set a password: halctl auth user password ${name}`
        : `${name} is ${role}, and can log in: halctl auth login --user ${name}`,
    ]);
  };
  withExamples(
    withWork(
      withJson(
        user
          .command('add')
          .description('make a user; the password is asked for')
          .argument('<name>', 'as a login name')
          .addArgument(role())
          .option(...passwordStdin),
      ),
      run,
    ),
    'halctl auth user add ada operator',
  );
};

const listCommand = (user: Command, shell: Shell): void => {
  const run = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.listUsers({ signal: shell.signal });
    show(shell, flags, reply, ({ items }) =>
      formatTable<User>(
        [
          { title: 'NAME', value: ({ name }) => name },
          { title: 'ROLE', value: ({ role }) => role },
          { title: 'STATE', value: stateOf },
          { title: 'CODES', value: ({ second_factor: asked }) => (asked ? 'yes' : 'no') },
        ],
        items,
        shell.width,
      ),
    );
  };
  withExamples(
    withWork(
      withJson(
        user.command('list').description('list users, their roles and whether they can sign in'),
      ),
      run,
    ),
    'halctl auth user list',
  );
};

const stateOf = ({ disabled, password, locked }: User): string => {
  if (disabled) return 'disabled';
  if (locked !== null) return `locked until ${formatTime(locked)}`;
  return password ? 'ok' : 'no password';
};

const roleCommand = (user: Command, shell: Shell): void => {
  const run = async (flags: ChangeFlags, name: string, role: User['role']): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.changeUser(name, { role }, changeOptions(shell, flags));
    await showChange(shell, flags, reply, () => [`${name} is ${role}.`]);
  };
  withExamples(
    withWork(
      withChange(
        user
          .command('role')
          .description('give a user another role')
          .argument('<name>', 'of the user')
          .addArgument(role()),
      ),
      run,
    ),
    'halctl auth user role ada admin',
  );
};

const disableCommand = (user: Command, shell: Shell, disabled: boolean): void => {
  const run = async (flags: ChangeFlags, name: string): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.changeUser(name, { disabled }, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ changed }: Done) => [
      `${name} ${disabled ? 'is let in no more' : 'may log in'}${changed ? '' : ' already'}.`,
    ]);
  };
  const verb = disabled ? 'disable' : 'enable';
  withExamples(
    withWork(
      withChange(
        user
          .command(verb)
          .description(
            disabled
              ? 'let a user in no more: sessions and tokens end'
              : 'let a user in again, also one who is locked out',
          )
          .argument('<name>', 'of the user'),
      ),
      run,
    ),
    `halctl auth user ${verb} ada`,
  );
};

const removeCommand = (user: Command, shell: Shell): void => {
  const run = async (flags: GlobalFlags & JsonFlag, name: string): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.removeUser(name, { signal: shell.signal });
    show(shell, flags, reply, () => [`There is no user ${name} any more.`]);
  };
  withExamples(
    withWork(
      withJson(
        user
          .command('remove')
          .description('remove a user, with sessions and tokens')
          .argument('<name>', 'of the user'),
      ),
      run,
    ),
    'halctl auth user remove ada',
  );
};

const passwordCommand = (user: Command, shell: Shell): void => {
  const run = async (flags: PasswordFlags, name: string): Promise<void> => {
    const client = await connect(shell, flags);
    const me = await client.whoami({ signal: shell.signal });
    const isInput = flags.passwordStdin === true;
    const ask = secretsFrom(shell, isInput);
    const current = me.user === name ? await ask('Password of now (not shown): ') : undefined;
    const password = await newPassword(ask, isInput);
    const body = { password, ...(current === undefined ? {} : { current }) };
    const reply = await client.setPassword(name, body, { signal: shell.signal });
    show(shell, flags, reply, () => [`${name} has another password; other sessions have ended.`]);
  };
  withExamples(
    withWork(
      withJson(
        user
          .command('password')
          .description('set a password: your own, or anybody’s as an administrator')
          .argument('<name>', 'of the user')
          .option(...passwordStdin),
      ),
      run,
    ),
    'halctl auth user password ada',
  );
};

const codesCommand = (user: Command, shell: Shell): void => {
  const run = async (flags: PasswordFlags & { drop?: true }, name: string): Promise<void> => {
    const client = await connect(shell, flags);
    const { signal } = shell;
    if (flags.drop) {
      const reply = await client.dropCodes(name, { signal });
      return show(shell, flags, reply, () => [`${name} is asked for no codes any more.`]);
    }
    const ask = secretsFrom(shell, flags.passwordStdin === true);
    const password = await ask('Password (not shown): ');
    const { secret, uri } = await client.offerCodes(name, { password }, { signal });
    shell.say(`Give this to your authenticator:\n  ${secret}\n  ${uri}\n`);
    const code = (await ask('A code that it shows: ')).trim();
    const reply = await client.takeCodes(name, { code }, { signal });
    show(shell, flags, reply, ({ recovery_codes: codes }) => [
      'Codes are asked for from now on. For when the device is lost, each good once, not shown again:',
      ...codes.map((one) => `  ${one}`),
    ]);
  };
  withExamples(
    withWork(
      withJson(
        user
          .command('totp')
          .description('have codes of an authenticator asked for when you log in and elevate')
          .argument('<name>', 'yourself')
          .option('--drop', 'as an administrator: ask the user for no codes any more')
          .option(...passwordStdin),
      ),
      run,
    ),
    'halctl auth user totp ada',
    'halctl auth user totp ada --drop',
  );
};
