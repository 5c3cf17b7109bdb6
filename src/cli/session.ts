/**
 * Which stations a command talks to, and with which token: flags before the environment before
 * contexts.
 */

import { readFile } from 'node:fs/promises';
import type { Client } from '../client/client.ts';
import { refuseOpenToOthers } from '../disk/modes.ts';
import { readConfig } from './config.ts';
import type { Environment } from './config.ts';
import { Failure } from './exit-codes.ts';
import { printable } from './output/text.ts';
import type { Shell } from './shell.ts';
import { version } from './version.ts';

/** Flags that every command has. */
export interface GlobalFlags {
  readonly station?: string;
  readonly context?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
  /** False after `--no-wait`, of the commands that have it. */
  readonly wait?: unknown;
}

export interface Session {
  readonly station: readonly string[];
  readonly token: string | undefined;
  /** Certificates of the authorities to trust instead of the system's, PEM. */
  readonly ca: string | undefined;
  /** Name of the context that the station comes from, if one does. */
  readonly context: string | undefined;
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');

/** Checks the URLs of `--station`. */
export const stationsOf = async (text: string): Promise<readonly string[]> => {
  const { stationUrls } = await import('../client/transport.ts');
  try {
    return stationUrls(listOf(text));
  } catch (error) {
    if (error instanceof TypeError) throw new Failure('usage', error.message);
    throw error;
  }
};

/** A token as headers can carry it. */
export const checkToken = (text: string, source: string): string => {
  const token = text.trim();
  if (token === '') throw new Failure('usage', `${source} holds no token`);
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new Failure('usage', `${source} holds something that is no token`);
  return token;
};

/** The token in a file, which is refused where others may use it. */
export const readToken = async (path: string): Promise<string> => {
  let token: string;
  try {
    token = checkToken(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('usage', `cannot read the token: ${(error as Error).message}`);
  }
  try {
    refuseOpenToOthers(path, 'a token', { byRoot: true, toRoot: true });
  } catch (error) {
    throw new Failure('usage', (error as Error).message);
  }
  return token;
};

/** Reads certificates, so that a mistake is told before anybody is asked. */
export const readAuthorities = async (path: string): Promise<string> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new Failure(
      'usage',
      `cannot read the certificates to trust: ${(error as Error).message}`,
    );
  }
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  const { X509Certificate } = await import('node:crypto');
  try {
    for (const certificate of certificates ?? []) new X509Certificate(certificate);
    if (certificates) return text;
  } catch {
    // Said below.
  }
  throw new Failure('usage', `${path} holds no certificate`, 'It must be PEM, as from openssl.');
};

const filled = (env: Environment, name: string): string | undefined =>
  env[name] === '' ? undefined : env[name];

/**
 * Finds station and token. A context's token goes to no other station than the context's, unless
 * the context is named.
 */
export const resolveSession = async (flags: GlobalFlags, env: Environment): Promise<Session> => {
  const named = flags.context;
  const givenStation =
    flags.station ?? (named === undefined ? filled(env, 'HALCYON_STATION') : undefined);
  const givenToken = async (): Promise<string | undefined> => {
    if (flags.tokenFile !== undefined) return readToken(flags.tokenFile);
    if (named !== undefined) return undefined;
    const token = filled(env, 'HALCYON_TOKEN');
    if (token !== undefined) return checkToken(token, 'HALCYON_TOKEN');
    const file = filled(env, 'HALCYON_TOKEN_FILE');
    return file === undefined ? undefined : readToken(file);
  };
  const token = await givenToken();
  const givenCa = flags.ca ?? (named === undefined ? filled(env, 'HALCYON_CA') : undefined);
  if (givenStation !== undefined && named === undefined) {
    const ca = givenCa === undefined ? undefined : await readAuthorities(givenCa);
    return { station: listOf(givenStation), token, ca, context: undefined };
  }

  const { current, contexts } = await readConfig(env);
  const name = named ?? current;
  if (name === null)
    throw new Failure(
      'usage',
      'no station is given',
      'Make a context (halctl config set-context NAME --station URL), set HALCYON_STATION or use --station.',
    );
  const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (context === undefined)
    throw new Failure(
      'usage',
      `there is no context "${name}"`,
      'See which there are: halctl config list-contexts',
    );
  const own = async (): Promise<string | undefined> =>
    context.token ??
    (context.token_file === undefined ? undefined : await readToken(context.token_file));
  const authorities = givenCa ?? context.ca;
  return {
    station: givenStation === undefined ? context.station : listOf(givenStation),
    token: token ?? (await own()),
    ca: authorities === undefined ? undefined : await readAuthorities(authorities),
    context: name,
  };
};

/** Says on a terminal why nothing happens for a while. */
export const sayBusy =
  (shell: Shell) =>
  (why: string, waitMs: number): void => {
    if (shell.progress)
      shell.say(`halctl: ${printable(why)}; asking again in ${(waitMs / 1000).toFixed(1)} s\n`);
  };

/**
 * A client for the flags and the environment of a command.
 *
 * @param at a station of the same cluster, by its URL, instead of those that the session names
 */
export const connect = async (
  shell: Shell,
  flags: GlobalFlags,
  timeoutMs?: number,
  at?: string,
): Promise<Client> => {
  const { station: known, token, ca } = await resolveSession(flags, shell.env);
  const station = at ?? known;
  const { createClient } = await import('../client/client.ts');
  try {
    const userAgent = `halctl/${version()}`;
    const onBusy = sayBusy(shell);
    // Whoever does not want to wait for the end does not want to wait for the beginning either.
    const leaderlessMs = flags.wait === false ? 0 : undefined;
    return createClient({ station, token, ca, timeoutMs, userAgent, onBusy, leaderlessMs });
  } catch (error) {
    if (error instanceof TypeError) throw new Failure('usage', error.message);
    throw error;
  }
};
