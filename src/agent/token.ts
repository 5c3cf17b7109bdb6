/**
 * Where the agent's token comes from. It is never an argument: everybody on the host can read
 * those.
 */

import { readFileSync } from 'node:fs';
import { refuseOpenToOthers } from '../disk/modes.ts';

/** Visible ASCII, which is what an HTTP header can carry. */
const tokenPattern = /^[\x21-\x7e]{1,4096}$/;

/**
 * The source of the token: the file, read anew each time, or else `HALCYON_TOKEN`. The variable is
 * taken out of the environment, so that no command that the agent runs inherits it.
 *
 * @returns a function that throws an Error, without the token in it, where the file cannot be read,
 *   may be read by others, or holds no token
 * @throws Error where there is neither, or no token in what there is
 */
export function tokenSource(
  file: string | undefined,
  environment: NodeJS.ProcessEnv,
): () => string {
  const given = environment['HALCYON_TOKEN'];
  delete environment['HALCYON_TOKEN'];
  if (file === undefined && given === undefined)
    throw new Error('a token is needed: give --token-file, or set HALCYON_TOKEN');
  const source = (): string => {
    if (file === undefined) return valid(given ?? '', 'HALCYON_TOKEN');
    const token = valid(readFileSync(file, 'utf8'), file);
    refuseOpenToOthers(file, 'a token');
    return token;
  };
  source();
  return source;
}

function valid(text: string, where: string): string {
  const token = text.trim();
  if (tokenPattern.test(token)) return token;
  throw new Error(`${where} does not hold a token`);
}
