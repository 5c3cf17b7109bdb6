/** `halctl config`: contexts. */

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { show, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { checkContextName, configPath, readConfig, writeConfig } from '../config.ts';
import type { Context } from '../config.ts';
import { Failure } from '../exit-codes.ts';
import { formatFields, formatTable } from '../output/table.ts';
import { askSecret, readInput } from '../prompt.ts';
import { checkToken, readAuthorities, readToken, resolveSession, stationsOf } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import { printLines } from '../shell.ts';
import type { Shell } from '../shell.ts';

export const configCommands = (program: Command, shell: Shell): void => {
  const config = program
    .command('config')
    .description('contexts: which stations to talk to, and with which token');
  setCommand(config, shell);
  useCommand(config, shell);
  listCommand(config, shell);
  currentCommand(config, shell);
  deleteCommand(config, shell);
};

/** A context as it may be shown: without its token. */
const shown = (name: string, context: Context, current: string | null): ShownContext => ({
  name,
  current: name === current,
  station: context.station,
  token: context.token === undefined ? (context.token_file ?? 'none') : 'kept in the configuration',
});

interface ShownContext {
  readonly name: string;
  readonly current: boolean;
  readonly station: readonly string[];
  /** Where the token is. */
  readonly token: string;
}

/**
 * The token part of a context: a reference where a file is named, else the token from the terminal
 * or the input.
 */
const tokenFor = async (
  shell: Shell,
  tokenFile: string | undefined,
): Promise<Pick<Context, 'token' | 'token_file'>> => {
  if (tokenFile !== undefined && tokenFile !== '-') {
    await readToken(tokenFile);
    return { token_file: resolve(tokenFile) };
  }
  if (tokenFile === undefined && shell.input.isTTY && shell.interactive)
    return { token: checkToken(await askSecret(shell, 'Token (not shown): '), 'what you entered') };
  return { token: checkToken(await readInput(shell), 'standard input') };
};

const setCommand = (config: Command, shell: Shell): void => {
  const run = async (
    flags: GlobalFlags & { readonly token: boolean },
    name: string,
  ): Promise<void> => {
    checkContextName(name);
    const before = await readConfig(shell.env);
    const old = Object.hasOwn(before.contexts, name) ? before.contexts[name] : undefined;
    const station = flags.station === undefined ? old?.station : await stationsOf(flags.station);
    if (station === undefined)
      throw new Failure(
        'usage',
        'a new context needs --station',
        'For example: --station https://station.example:7400',
      );
    const keepsToken = old !== undefined && flags.tokenFile === undefined;
    const { station: _, ca: oldCa, ...oldToken } = old ?? {};
    const token = keepsToken
      ? oldToken
      : flags.token === false
        ? {}
        : await tokenFor(shell, flags.tokenFile);
    if (flags.ca !== undefined) await readAuthorities(flags.ca);
    const ca = flags.ca === undefined ? oldCa : resolve(flags.ca);
    const trust = ca === undefined ? {} : { ca };
    const contexts = { ...before.contexts, [name]: { station, ...token, ...trust } };
    const current = before.current ?? name;
    await writeConfig(shell.env, { current, contexts });
    const state = current === name ? 'it is the current one' : `the current one is ${current}`;
    printLines(shell, [`Context ${name} is in ${configPath(shell.env)}; ${state}.`]);
  };
  withExamples(
    withWork(
      config
        .command('set-context')
        .description(
          'make or change a context; its token is read from --token-file, from the terminal without ' +
            'showing it, or from standard input',
        )
        .argument('<name>', 'a name for it')
        .option('--no-token', 'without one: log in then (halctl auth login)'),
      run,
    ),
    'halctl config set-context test --station http://127.0.0.1:7400',
    'halctl config set-context prod --station https://a.example:7400,https://b.example:7400 --token-file ~/.halcyon-token',
    'halctl config set-context prod --station https://a.example:7400 --ca /etc/halcyon/ca.pem',
    'pass halcyon/prod | halctl config set-context prod --token-file -',
  );
};

const useCommand = (config: Command, shell: Shell): void => {
  const run = async (_flags: GlobalFlags, name: string): Promise<void> => {
    const { contexts } = await readConfig(shell.env);
    if (!Object.hasOwn(contexts, name)) throw noContext(name);
    await writeConfig(shell.env, { current: name, contexts });
    printLines(shell, [`The current context is ${name}.`]);
  };
  withExamples(
    withWork(
      config
        .command('use-context')
        .description('make a context the current one')
        .argument('<context>', 'the context'),
      run,
    ),
    'halctl config use-context prod',
  );
};

const noContext = (name: string): Failure =>
  new Failure(
    'notFound',
    `there is no context "${name}"`,
    'See which there are: halctl config list-contexts',
  );

const listCommand = (config: Command, shell: Shell): void => {
  const run = async (flags: JsonFlag): Promise<void> => {
    const { current, contexts } = await readConfig(shell.env);
    const rows = Object.entries(contexts).map(([name, context]) => shown(name, context, current));
    show(shell, flags, rows, () =>
      rows.length === 0
        ? ['There are no contexts. Make one with: halctl config set-context NAME --station URL']
        : formatTable<ShownContext>(
            [
              { title: ' ', value: (row) => (row.current ? '*' : '') },
              { title: 'NAME', value: ({ name }) => name },
              { title: 'STATION', value: ({ station }) => station.join(','), yields: 2 },
              { title: 'TOKEN', value: ({ token }) => token, yields: 1 },
            ],
            rows,
            shell.width,
          ),
    );
  };
  withExamples(
    withWork(withJson(config.command('list-contexts').description('list the contexts')), run),
    'halctl config list-contexts',
  );
};

const currentCommand = (config: Command, shell: Shell): void => {
  const run = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const { station, token, context } = await resolveSession(flags, shell.env);
    const reply = { context: context ?? null, station, token: token !== undefined };
    show(shell, flags, reply, () =>
      formatFields([
        ['context', context ?? 'none: the station is given by --station or HALCYON_STATION'],
        ['station', station.join(', ')],
        ['token', token === undefined ? 'none' : 'given'],
      ]),
    );
  };
  withExamples(
    withWork(
      withJson(config.command('current').description('show which station commands talk to now')),
      run,
    ),
    'halctl config current',
  );
};

const deleteCommand = (config: Command, shell: Shell): void => {
  const run = async (_flags: GlobalFlags, name: string): Promise<void> => {
    const { current, contexts } = await readConfig(shell.env);
    if (!Object.hasOwn(contexts, name)) throw noContext(name);
    const { [name]: _, ...rest } = contexts;
    await writeConfig(shell.env, { current: current === name ? null : current, contexts: rest });
    printLines(shell, [
      `Context ${name} is gone${current === name ? '; there is no current one now' : ''}.`,
    ]);
  };
  withExamples(
    withWork(
      config
        .command('delete-context')
        .description('forget a context')
        .argument('<context>', 'the context'),
      run,
    ),
    'halctl config delete-context test',
  );
};
