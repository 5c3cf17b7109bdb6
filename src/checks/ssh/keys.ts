/** What somebody logs in with: keys only. A password is never asked for, and a key that needs one is refused. */

import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';
import type { AgentAuthMethod, PublicKeyAuthMethod } from 'ssh2';
import { refuseOpenToOthers } from '../../disk/modes.ts';
import { SshFailure } from './failure.ts';
import type { Login } from './target.ts';

/** A private key, bytes. */
const keyBytesMax = 64 * 1024;

export type Attempt = AgentAuthMethod | PublicKeyAuthMethod;

/**
 * The keys to try.
 *
 * @param socket of the ssh agent, as SSH_AUTH_SOCK has it
 * @throws {SshFailure} `auth-refused`: there is nothing to log in with
 */
export const attemptsOf = (login: Login, socket: string | undefined): readonly Attempt[] => {
  const { user: username, keys } = login;
  if (keys !== 'agent')
    return keys.map((path) => ({ type: 'publickey', username, key: privateKey(path) }));
  if (socket === undefined || socket === '')
    throw new SshFailure(
      'auth-refused',
      'there is no ssh agent (SSH_AUTH_SOCK is not set), and no key file is given',
    );
  return [{ type: 'agent', username, agent: socket }];
};

const privateKey = (path: string): Buffer => {
  const refused = (why: string): never => {
    throw new SshFailure('auth-refused', `the key ${path} ${why}`);
  };
  let content: Buffer;
  try {
    refuseOpenToOthers(path, 'a private key', { byRoot: true, toRoot: true });
    content = readFileSync(path);
  } catch (error) {
    return refused(`cannot be used: ${(error as Error).message}`);
  }
  if (content.length > keyBytesMax) return refused('is too long for a key');
  const parsed = ssh2.utils.parseKey(content);
  if (parsed instanceof Error)
    return /encrypted|passphrase/i.test(parsed.message)
      ? refused('is encrypted; give it to an ssh agent (ssh-add), or use a key of its own without')
      : refused('is not a private key that OpenSSH writes');
  if (!parsed.isPrivateKey()) return refused('is a public key; the private one is wanted');
  return content;
};
