/** Why a machine cannot be reached by ssh, told apart: each asks for something else to be done. */

import { isOnLink } from '../../addresses/on-link.ts';
import type { Cause } from '../observation.ts';

/** One line for people, and what is to be made of it. It never holds a secret. */
export class SshFailure extends Error {
  override readonly name = 'SshFailure';
  readonly reason: Cause;

  constructor(reason: Cause, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

const byCode = new Map<string, Cause>([
  ['ENOTFOUND', 'dns'],
  ['EAI_AGAIN', 'dns'],
  ['EAI_FAIL', 'dns'],
  ['EAI_NODATA', 'dns'],
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'no-route'],
  ['ENETUNREACH', 'no-route'],
  ['EHOSTDOWN', 'silent'],
  ['ENETDOWN', 'no-route'],
  ['EADDRNOTAVAIL', 'no-route'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['ECONNABORTED', 'reset'],
  ['ETIMEDOUT', 'timeout'],
]);

const words: Partial<Record<Cause, string>> = {
  dns: 'its name has no address',
  refused: 'it refuses connections',
  'no-route': 'there is no route to it',
  reset: 'it ended the connection',
  timeout: 'it does not answer',
  silent: 'nobody answers for its address',
};

const codeOf = (error: unknown): string | undefined => {
  const { code, address, errors } = error as {
    readonly code?: unknown;
    readonly address?: unknown;
    readonly errors?: readonly unknown[];
  };
  // Linux has one word for both; of a neighbour it means that it is silent.
  if (code === 'EHOSTUNREACH' && typeof address === 'string' && isOnLink(address))
    return 'EHOSTDOWN';
  if (typeof code === 'string' && byCode.has(code)) return code;
  const [first] = errors ?? [];
  return first === undefined ? undefined : codeOf(first);
};

/** What a socket failed with. Nothing here is taken for more than it says: what is not known is `unreadable`. */
export const socketFailure = (error: unknown, where: string): SshFailure => {
  const code = codeOf(error);
  const cause = code === undefined ? undefined : byCode.get(code);
  if (cause === undefined)
    return new SshFailure('unreadable', `${where}: ${(error as Error).message}`, { cause: error });
  return new SshFailure(cause, `${where}: ${words[cause] ?? cause} (${code})`, { cause: error });
};

/** What sshd of a jump host says of a machine behind it: the words of the C library. */
const forwarded: readonly (readonly [RegExp, Cause])[] = [
  [/refused/i, 'refused'],
  [/timed out/i, 'timeout'],
  [/no route|unreachable|host is down/i, 'no-route'],
  [/resolve|name or service|not known|no address|temporary failure in name/i, 'dns'],
  [/reset/i, 'reset'],
];

/** Why a jump host could not connect to a machine. */
export const forwardFailure = (error: unknown, where: string, jump: string): SshFailure => {
  const said = (error as Error).message;
  const [, cause] = forwarded.find(([pattern]) => pattern.test(said)) ?? [];
  if (cause !== undefined)
    return new SshFailure(cause, `${where}: ${words[cause] ?? cause} (from ${jump})`);
  return new SshFailure('jump-host', `jump host ${jump} does not connect to ${where}: ${said}`);
};
