/** Over a stream on which a server speaks: key exchange, whose key it is, and logging in. */

import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import type { AuthenticationType, Client } from 'ssh2';
import { SshFailure, socketFailure } from './failure.ts';
import type { Attempt } from './keys.ts';
import { hostKeyAlgorithms, hostPattern, keyType, knownOf, standingOf } from './known-hosts.ts';
import type { HostKeys } from './known-hosts.ts';
import type { KnownHostsStore } from './known-hosts-file.ts';
import type { Hop } from './target.ts';

export interface LogInParts {
  readonly knownHosts: KnownHostsStore;
  /** `strict`: a host that is not known is not connected to. `learn`: it is known from then on. */
  readonly hostKeys: 'strict' | 'learn';
  readonly attempts: readonly Attempt[];
  /** How often it is asked whether it is still there, ms; how many answers may be missing. */
  readonly keepalive: { readonly everyMs: number; readonly missing: number };
}

/** Which keys `ssh2` takes without being built: it asks for names that it knows only. */
const serverHostKey = (its: HostKeys): never => hostKeyAlgorithms(its) as never;

/**
 * Logs in by keys alone.
 *
 * @throws {SshFailure} why not; the signal's reason, where it is aborted first
 */
export const logIn = (
  hop: Hop,
  stream: Duplex,
  parts: LogInParts,
  signal: AbortSignal,
): Promise<Client> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const host = hostPattern(hop.name, hop.port);
    const its = knownOf(parts.knownHosts.known(), host);
    const client = new ssh2.Client();
    let known: SshFailure | undefined;
    let isAgreed = false;
    let methods: readonly string[] | undefined;
    let isOver = false;
    const settle = (end: () => void): void => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener('abort', leave);
      end();
    };
    const fail = (error: Error): void =>
      settle(() => {
        client.destroy();
        stream.destroy();
        reject(error);
      });
    const leave = (): void => fail(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });

    const verify = (key: Buffer, answer: (isTrusted: boolean) => void): void => {
      const learn = (): Promise<boolean> => parts.knownHosts.learn(host, key, signal);
      verdictOn(its, host, key, parts.hostKeys === 'learn' ? learn : undefined).then(
        () => answer(true),
        (failure: unknown) => {
          known = failure as SshFailure;
          answer(false);
        },
      );
    };
    const attempts = parts.attempts.values();
    client.on('handshake', () => (isAgreed = true));
    client.on('ready', () => settle(() => resolve(client)));
    client.on('error', (error) => {
      // A key of the agent that could not sign; the next one is tried.
      if (error.level === 'agent') return;
      fail(known ?? failureOf(error, hop.name, isAgreed, methods));
    });
    client.on('close', () =>
      fail(known ?? new SshFailure('reset', `${hop.name}: it ended the connection`)),
    );
    client.connect({
      sock: stream,
      username: hop.user,
      hostVerifier: verify,
      algorithms: { serverHostKey: serverHostKey(its) },
      readyTimeout: 0,
      keepaliveInterval: parts.keepalive.everyMs,
      keepaliveCountMax: parts.keepalive.missing,
      authHandler: (left: AuthenticationType[] | null, _partial, next) => {
        if (left !== null) methods = left;
        const attempt = attempts.next();
        next(attempt.done === true ? (false as never) : attempt.value);
      },
    });
  });

/** @throws {SshFailure} its key is not to be trusted */
const verdictOn = async (
  its: HostKeys,
  host: string,
  key: Buffer,
  learn: (() => Promise<boolean>) | undefined,
): Promise<void> => {
  const standing = standingOf(its, key);
  if (standing === 'known') return;
  if (standing === 'revoked')
    throw new SshFailure('host-key-changed', `${host} shows a key that known_hosts has as revoked`);
  if (standing === 'changed') throw changed(its, host, key);
  if (learn === undefined) {
    const signed = its.authorities.length > 0 ? ' (known_hosts has an authority for it only)' : '';
    throw new SshFailure(
      'host-key-unknown',
      `the key of ${host} is not in known_hosts${signed}; look at it, and add it by ssh-keyscan`,
    );
  }
  try {
    if (await learn()) return;
  } catch (error) {
    const why = (error as Error).message;
    throw new SshFailure('host-key-unknown', `the key of ${host} cannot be kept: ${why}`);
  }
  throw changed(its, host, key);
};

const changed = (its: HostKeys, host: string, key: Buffer): SshFailure => {
  const shown = keyType(key) ?? 'unreadable';
  const types = [...new Set(its.plain.map(({ type }) => type))].join(', ');
  const [first] = its.plain;
  const where = first === undefined ? '' : ` (line ${first.line} of known_hosts)`;
  const known = `${types}${where}`;
  return new SshFailure(
    'host-key-changed',
    `${host} shows another key (${shown}) than it is known by (${known}); ` +
      `if it was installed anew, run: ssh-keygen -R '${host}'`,
  );
};

const failureOf = (
  error: Error & { readonly level?: string; readonly code?: unknown },
  name: string,
  isAgreed: boolean,
  methods: readonly string[] | undefined,
): SshFailure => {
  const { level, message } = error;
  if (level === 'client-authentication') return refusal(name, methods);
  if (isAgreed && /authentication failures/i.test(message))
    return new SshFailure('auth-refused', `${name}: it took none of the keys, and wants no more`);
  if (level === 'client-socket') return socketFailure(error, name);
  if (/connection lost|closed|not allowed at this time/i.test(message))
    return new SshFailure('reset', `${name}: it ended the connection`);
  if (level === 'client-timeout')
    return new SshFailure('timeout', `${name}: it does not answer any more`);
  return new SshFailure('unreadable', `${name}: ${message}`);
};

/** A server that would take a password does not take our key: that is another thing than one that refuses. */
const refusal = (name: string, methods: readonly string[] = []): SshFailure => {
  const asks = methods.filter((method) => /password|keyboard-interactive/.test(method));
  return asks.length > 0
    ? new SshFailure('password-asked', `${name}: it takes none of the keys and asks for a password`)
    : new SshFailure('auth-refused', `${name}: it takes none of the keys`);
};
