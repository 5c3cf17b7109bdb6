/** Contexts: which stations an operator talks to, and with which token. */

import { readdir, readFile, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolderSync, replaceFile } from '../disk/lasting-file.ts';
import { Failure } from './exit-codes.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Context {
  /** Base URLs of the stations of one cluster, in order of preference. */
  readonly station: readonly string[];
  readonly token?: string;
  /** Absolute path of a file with the token, read on every use. */
  readonly token_file?: string;
  /** Absolute path of a file with the certificates of the authorities to trust instead of the system's. */
  readonly ca?: string;
}

export interface Config {
  /** Name of the context that is used when none is named. */
  readonly current: string | null;
  readonly contexts: Readonly<Record<string, Context>>;
}

/** `$XDG_CONFIG_HOME/halcyon/config.yaml`. */
export const configPath = (env: Environment): string => {
  const home = env.XDG_CONFIG_HOME ?? '';
  // The specification says to ignore relative paths.
  if (home.startsWith('/')) return join(home, 'halcyon', 'config.yaml');
  return join(env.HOME ?? '/', '.config', 'halcyon', 'config.yaml');
};

const contextName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const checkContextName = (name: string): void => {
  if (!contextName.test(name))
    throw new Failure(
      'usage',
      `"${name}" cannot be the name of a context`,
      'Use letters, digits, ".", "_" and "-".',
    );
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Checks what somebody may have edited. Never repeats a value: it may be a token. */
const checked = (value: unknown, path: string): Config => {
  const wrong = (what: string): never => {
    throw new Failure(
      'usage',
      `${path}: ${what}`,
      'Mend the file, or remove it and make its contexts again.',
    );
  };
  if (value === null || value === undefined) return { current: null, contexts: {} };
  if (!isRecord(value)) return wrong('there is no mapping in it');
  const { current = null, contexts = {}, ...unknown } = value;
  for (const key of Object.keys(unknown)) wrong(`"${key}" is not known`);
  if (current !== null && typeof current !== 'string') return wrong('"current" must be a name');
  if (!isRecord(contexts)) return wrong('"contexts" must be a mapping');
  for (const [name, context] of Object.entries(contexts)) {
    if (!isRecord(context)) return wrong(`context "${name}" must be a mapping`);
    const { station, token, token_file: tokenFile, ca, ...rest } = context;
    for (const key of Object.keys(rest)) wrong(`"${key}" of context "${name}" is not known`);
    const texts =
      Array.isArray(station) &&
      station.length > 0 &&
      station.every((url) => typeof url === 'string');
    if (!texts) wrong(`"station" of context "${name}" must be a list of URLs`);
    if (token !== undefined && typeof token !== 'string')
      wrong(`"token" of context "${name}" must be a text`);
    if (tokenFile !== undefined && typeof tokenFile !== 'string')
      wrong(`"token_file" of context "${name}" must be a path`);
    if (ca !== undefined && typeof ca !== 'string')
      wrong(`"ca" of context "${name}" must be a path`);
  }
  return { current, contexts: contexts as unknown as Config['contexts'] };
};

const isMissing = (error: unknown): boolean => (error as { code?: unknown }).code === 'ENOENT';

/**
 * The configuration; one without contexts where there is no file. Refuses a file that others may
 * read.
 */
export const readConfig = async (env: Environment): Promise<Config> => {
  const path = configPath(env);
  let text: string;
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0)
      throw new Failure(
        'usage',
        `${path} holds tokens, and others may use it (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`,
        `Make it yours alone: chmod 600 ${path}`,
      );
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return { current: null, contexts: {} };
    throw error;
  }
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    // The parser's message quotes the text around the error, which may be a token.
    throw new Failure(
      'usage',
      `${path} is not YAML`,
      'Mend the file, or remove it and make its contexts again.',
    );
  }
  return checked(value, path);
};

/** Replaces the file at once, readable by its owner only. */
export const writeConfig = async (env: Environment, config: Config): Promise<void> => {
  const path = configPath(env);
  const { stringify } = await import('yaml');
  await writePrivately(path, stringify(config));
};

/** The whole of it, or what writes it piece by piece. */
type Content = string | ((file: FileHandle) => Promise<void>);

/**
 * Writes a file that only its owner may read, all of it or nothing. Makes its folder. A token that
 * is shown once is not lost with the power.
 */
export const writePrivately = async (path: string, content: Content): Promise<void> => {
  makeFolderSync(dirname(path), 0o700);
  await removeLeft(path);
  await replaceFile(path, content, draftOf(path, process.pid));
};

/** Removes such a file, where there is one. */
export const removePrivate = async (path: string): Promise<void> => {
  await rm(path, { force: true });
  await removeLeft(path);
};

/** Each who writes has a draft of his own. */
const draftOf = (path: string, pid: number): string => `${path}.${pid}.new`;

/** Removes the drafts of those who were killed: they hold what the file would have, and may be a token. */
const removeLeft = async (path: string): Promise<void> => {
  const names = await readdir(dirname(path)).catch(() => []);
  for (const name of names) {
    const pid = Number(/\.(\d{1,10})\.new$/.exec(name)?.[1]);
    if (name === basename(draftOf(path, pid)) && !isAlive(pid))
      await rm(draftOf(path, pid), { force: true }).catch(() => undefined);
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code !== 'ESRCH';
  }
};
