/** The ssh client of this machine: how it is called, and what it says of itself. */

import { ObmError } from '../../errors.ts';
import { environment, linesOf } from '../program.ts';
import type { SshInfo } from './settings.ts';

/** How long a connection may take to be there, and how often one that is there must show that it lives, seconds. */
const connectSeconds = 10;
const aliveSeconds = 5;

/**
 * Arguments of ssh for a command. The command goes to a shell there, which gets each of its words as one: here there
 * is none.
 *
 * @param terminal whether it gets one; a tilde typed into it is a tilde
 */
export const sshArgs = (
  info: SshInfo,
  command: readonly string[],
  terminal: boolean,
): readonly string[] => {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    `HostKeyAlias=${info.host_key_alias ?? info.addr}`,
    `UserKnownHostsFile=${quoted(info.known_hosts_file)}`,
    'GlobalKnownHostsFile=/dev/null',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    `ConnectTimeout=${connectSeconds}`,
    'ConnectionAttempts=1',
    `ServerAliveInterval=${aliveSeconds}`,
    'ServerAliveCountMax=3',
    'ControlMaster=no',
    'ControlPath=none',
    'ForwardAgent=no',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    'RequestTTY=' + (terminal ? 'force' : 'no'),
    // So that it says when somebody was let in: before that nothing is done there.
    'LogLevel=VERBOSE',
  ];
  return [
    ...(terminal ? ['-e', 'none'] : ['-n']),
    ...options.flatMap((option) => ['-o', option]),
    ...['-l', info.user, '-i', info.identity_file],
    ...(info.port === undefined ? [] : ['-p', String(info.port)]),
    ...['--', info.addr, command.map(shellWord).join(' ')],
  ];
};

/** A path in an option of ssh, which may be several. */
const quoted = (path: string): string => `"${path}"`;

const shellWord = (word: string): string =>
  /^[0-9A-Za-z_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

export const sshEnvironment = (): Record<string, string> =>
  environment(['HOME', 'USER', 'LOGNAME']);

/** Whether somebody was let in, by what ssh says; what a command says comes after that. */
export const wasLetIn = (stderr: string): boolean =>
  linesOf(stderr).some((line) => /^Authenticated to .* using "[a-z-]+"\.$/.test(line));

const meanings = [
  [/^Host key verification failed\.$/, 'wrong-machine', 'another key than is known'],
  [/: Permission denied \(/, 'credentials-refused', 'the key was refused'],
  [/^ssh: Could not resolve hostname /, 'network', 'its name cannot be resolved'],
  [/Network is unreachable$/, 'network', 'this machine has no way there'],
  [/^Unable to negotiate with /, 'unsupported-suite', 'no way to protect a connection'],
] as const;

/** Why nobody was let in. */
export const notLetIn = (info: SshInfo, stderr: string): ObmError => {
  const lines = linesOf(stderr);
  for (const [line, reason, words] of meanings)
    if (lines.some((one) => line.test(one))) return new ObmError(reason, `${info.addr}: ${words}`);
  return new ObmError('no-answer', `${info.addr} cannot be reached by ssh`);
};
