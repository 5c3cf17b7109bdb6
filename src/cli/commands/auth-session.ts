/** `halctl auth login` and `logout`. */

import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { ApiError } from '../../client/errors.ts';
import type { SessionBody } from '../../client/types.ts';
import { show, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { configPath, readConfig, removePrivate, writeConfig, writePrivately } from '../config.ts';
import { duration } from '../duration.ts';
import { Failure } from '../exit-codes.ts';
import { formatTable } from '../output/table.ts';
import { formatTime } from '../output/text.ts';
import { askSecret } from '../prompt.ts';
import { connect, resolveSession } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Session } from '../../client/types.ts';
import type { Shell } from '../shell.ts';

interface LoginFlags extends GlobalFlags, JsonFlag {
  readonly user?: string;
  readonly for?: number;
  readonly output?: string;
  readonly passwordStdin?: true;
}

/** Lines of standard input, one after the other: passwords and codes of programs. */
export const secretLines = async function* (shell: Shell): AsyncGenerator<string, void> {
  const { createInterface } = await import('node:readline');
  yield* createInterface({ input: shell.input, crlfDelay: Infinity });
};

/** Asks at the terminal without showing it, or takes the next line of standard input. */
export type AskSecret = (question: string) => Promise<string>;

export const secretsFrom = (shell: Shell, isInput: boolean): AskSecret => {
  if (!isInput) {
    return async (question) => {
      if (shell.input.isTTY && shell.interactive) return askSecret(shell, question);
      throw new Failure(
        'usage',
        'there is no terminal to ask for a password or a code',
        'Give them as lines of standard input, with --password-stdin.',
      );
    };
  }
  const lines = secretLines(shell);
  return async (question) => {
    const { value, done } = await lines.next();
    if (done || value === undefined)
      throw new Failure('usage', `standard input has no line for "${question.trim()}"`);
    return value;
  };
};

/**
 * Does something, and again with what the station asks for beside it: a password, a code.
 *
 * @param ask asked once each
 */
export const withProof = async <T>(
  ask: AskSecret,
  work: (proof: { password?: string; code?: string }) => Promise<T>,
): Promise<T> => {
  const proof: { password?: string; code?: string } = {};
  for (;;) {
    try {
      return await work(proof);
    } catch (error) {
      const code = error instanceof ApiError ? error.code : '';
      if (code === 'code-needed' && proof.code === undefined)
        proof.code = (await ask('Code: ')).trim();
      else if (code === 'password-needed' && proof.password === undefined)
        proof.password = await ask('Password (not shown): ');
      else throw error;
    }
  }
};

export const passwordStdin = [
  '--password-stdin',
  'read the password, and a code where one is asked for, as lines of standard input',
] as const;

export const sessionCommands = (auth: Command, shell: Shell): void => {
  loginCommand(auth, shell);
  logoutCommand(auth, shell);
  linkCommand(auth, shell);
  sessionsCommand(auth, shell);
};

/** Where the token of a context's session is kept. */
const sessionFile = (shell: Shell, context: string): string =>
  join(dirname(configPath(shell.env)), `${context}.session`);

const loginCommand = (auth: Command, shell: Shell): void => {
  const run = async (flags: LoginFlags): Promise<void> => {
    const user = flags.user ?? shell.env['USER'];
    if (user === undefined || user === '') throw new Failure('usage', 'say who you are: --user');
    const { context } = await resolveSession(flags, shell.env);
    if (context === undefined && flags.output === undefined)
      throw new Failure(
        'usage',
        'there is no context to keep the session in',
        'Make one (halctl config set-context NAME --station URL), or say -o FILE and use HALCYON_TOKEN_FILE.',
      );
    const client = await connect(shell, flags);
    const ask = secretsFrom(shell, flags.passwordStdin === true);
    const password = await ask(`Password of ${user} (not shown): `);
    const body: SessionBody = {
      ...{ user, password },
      ...(flags.for === undefined ? {} : { seconds: flags.for }),
    };
    const reply = await withProof(ask, (proof) =>
      client.beginSession({ ...body, ...proof }, { signal: shell.signal }),
    );
    const { token, ...session } = reply;
    const file = resolve(flags.output ?? sessionFile(shell, context!));
    await writePrivately(file, `${token}\n`);
    if (flags.output === undefined) await useIn(shell, context!, file);
    show(shell, flags, session, () => [
      `You are ${session.user} (${session.role}) until ${formatTime(session.expires)}.`,
      `The token of the session is in ${file}.`,
    ]);
  };
  withExamples(
    withWork(
      withJson(
        auth
          .command('login')
          .description('log in by name and password; the session is kept in the context')
          .option('--user <name>', 'who you are; absent: $USER')
          .option('--for <duration>', 'how long, like 8h; absent: 12h', duration)
          .option('-o, --output <file>', 'write the token of the session there instead')
          .option(...passwordStdin),
      ),
      run,
    ),
    'halctl auth login --user ada',
    'halctl auth login --user ada --for 1h -o ada.token',
  );
};

interface LinkFlags extends GlobalFlags, JsonFlag {
  readonly stationUrl?: string;
}

/** The address of the page; what stands there behind a `#` browsers send to nobody. */
const pageAt = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new Failure('usage', `${text} is no address of a station, as https://station.example`);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  url.search = '';
  return url;
};

const linkCommand = (auth: Command, shell: Shell): void => {
  const run = async (flags: LinkFlags): Promise<void> => {
    const { station } = await resolveSession(flags, shell.env);
    const page = pageAt(flags.stationUrl ?? station[0]!);
    const client = await connect(shell, flags);
    const { ticket, expires } = await client.linkSession({ signal: shell.signal });
    page.hash = `sign-in=${ticket}`;
    show(shell, flags, { url: page.href, expires }, ({ url }) => [
      url,
      `It is good once, until ${formatTime(expires)}: whoever opens it may there what your token may.`,
    ]);
  };
  withExamples(
    withWork(
      withJson(
        auth
          .command('link')
          .description('make a link that signs in at the page in a browser, once')
          .option('--station-url <url>', 'where the page is for browsers; absent: the station'),
      ),
      run,
    ),
    'halctl auth link',
    'halctl auth link --station-url https://cluster.example/halcyon/',
  );
};

/** A context uses what is in a file from now on. */
const useIn = async (shell: Shell, name: string, file: string): Promise<void> => {
  const { current, contexts } = await readConfig(shell.env);
  const { token: _, ...context } = contexts[name]!;
  await writeConfig(shell.env, {
    current,
    contexts: { ...contexts, [name]: { ...context, token_file: file } },
  });
};

const logoutCommand = (auth: Command, shell: Shell): void => {
  const run = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const { context } = await resolveSession(flags, shell.env);
    const client = await connect(shell, flags);
    const reply = await client.endSession('current', { signal: shell.signal });
    if (context !== undefined) await forget(shell, context);
    show(shell, flags, reply, () => ['You are logged out.']);
  };
  withExamples(
    withWork(withJson(auth.command('logout').description('end the session that you use')), run),
    'halctl auth logout',
  );
};

/** The token of a context's session is good no more. */
const forget = async (shell: Shell, name: string): Promise<void> => {
  const file = sessionFile(shell, name);
  const { current, contexts } = await readConfig(shell.env);
  const { token_file: used, ...context } = contexts[name]!;
  // In this order: a context with a file that is gone lets nobody do anything.
  if (used === file)
    await writeConfig(shell.env, { current, contexts: { ...contexts, [name]: context } });
  await removePrivate(file);
};

const sessionsCommand = (auth: Command, shell: Shell): void => {
  const run = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.listSessions({ signal: shell.signal });
    show(shell, flags, reply, ({ items }) =>
      formatTable<Session>(
        [
          { title: 'ID', value: ({ id }) => id },
          { title: 'USER', value: ({ user, opener }) => user ?? `token ${opener}` },
          { title: 'ROLE', value: ({ role }) => role },
          { title: 'CODE', value: ({ second_factor: shown }) => (shown ? 'yes' : 'no') },
          { title: 'BEGUN', value: ({ begun }) => formatTime(begun) },
          { title: 'UNTIL', value: ({ expires }) => formatTime(expires) },
          { title: 'USED', value: ({ used }) => (used ? formatTime(used.at) : '-') },
          { title: 'FROM', value: ({ used }) => used?.address ?? '-' },
          { title: '', value: ({ current }) => (current ? 'this one' : '') },
        ],
        items,
        shell.width,
      ),
    );
  };
  withExamples(
    withWork(
      withJson(
        auth.command('sessions').description('list your sessions, or all as an administrator'),
      ),
      run,
    ),
    'halctl auth sessions',
  );
};
