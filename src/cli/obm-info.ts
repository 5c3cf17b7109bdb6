/** What an OBM is registered with: settings from flags, credentials from a file. */

import { refuseOpenToOthers } from '../disk/modes.ts';
import { Failure } from './exit-codes.ts';
import { valueOf } from './overrides.ts';
import { readText } from './text-file.ts';

type Info = Record<string, unknown>;

/**
 * @param settings `key=value` each; a value as JSON would read it, and what is no JSON is a text
 * @param credentialsFile holds an object of JSON; nobody else may read it
 */
export const readInfo = async (
  settings: readonly string[],
  credentialsFile: string | undefined,
): Promise<Info> => {
  const info: Info = {};
  for (const setting of settings) {
    const [, key, value] = /^(\w+)=(.*)$/s.exec(setting) ?? [];
    if (key === undefined || value === undefined)
      throw new Failure('usage', 'a setting is written like --set addr=10.1.0.1');
    info[key] = valueOf(value);
  }
  return {
    ...info,
    ...(credentialsFile === undefined ? {} : await readCredentials(credentialsFile)),
  };
};

const readCredentials = async (path: string): Promise<Info> => {
  const text = await readText(path);
  try {
    refuseOpenToOthers(path, 'credentials', { byRoot: true, toRoot: true });
  } catch (error) {
    throw new Failure('usage', (error as Error).message);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message would quote what is there.
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Info;
  throw new Failure(
    'usage',
    `${path} holds no object of JSON`,
    'Such as {"user": "…", "pass": "…"}',
  );
};
