/** What an OBM of the kind `ssh` is registered with. */

import { isAbsolute } from 'node:path';
import { Type } from 'typebox';
import type { Static, TArray, TOptional, TString } from 'typebox';

/** A command and its arguments. */
const command = (description: string): TOptional<TArray<TString>> =>
  Type.Optional(
    Type.Array(Type.String({ maxLength: 256, pattern: '^[^\\u0000-\\u001f]*$' }), {
      minItems: 1,
      maxItems: 32,
      description,
    }),
  );

const path = (description: string): TString =>
  Type.String({ minLength: 1, maxLength: 1_024, pattern: '^/[^\\u0000-\\u001f]*$', description });

const line = (description: string): TOptional<TString> =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 256, description }));

export const sshSchema = Type.Object(
  {
    addr: Type.String({
      minLength: 1,
      maxLength: 253,
      pattern: '^[0-9A-Za-z:._-]+$',
      description: 'name or IP address of the console server',
    }),
    port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_535, description: 'TCP port; 22 unless said' }),
    ),
    user: Type.String({
      pattern: '^[0-9A-Za-z._][0-9A-Za-z._@-]{0,63}$',
      description: 'name of the user there',
    }),
    identity_file: path('file with the private key, without a passphrase, where the daemon runs'),
    known_hosts_file: path('file with the key of the console server, where the daemon runs'),
    host_key_alias: Type.Optional(
      Type.String({
        pattern: '^[0-9A-Za-z._][0-9A-Za-z:._-]{0,252}$',
        description: 'name under which that file has its key; `addr` unless said',
      }),
    ),
    console: command('what is the console, while it runs; it gets a terminal'),
    break: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'what is typed into the console for a break; none can be sent unless said',
      }),
    ),
    on: command('switches the machine on'),
    off: command('switches it off'),
    soft: command('asks its operating system to shut down'),
    cycle: command('switches it off and on'),
    reset: command('starts it again without losing power'),
    status: command('prints a line that says whether it is on'),
    status_on: line('the whole line that means on; `on` unless said'),
    status_off: line('the whole line that means off; `off` unless said'),
    limit_seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 60,
        description: 'how long a command may take; 15 unless said',
      }),
    ),
  },
  { additionalProperties: false },
);
export type SshInfo = Static<typeof sshSchema>;

export const sshProblem = (
  info: SshInfo,
): { readonly field: string; readonly message: string } | null => {
  if (info.addr.startsWith('-')) return { field: 'addr', message: 'must not begin with a hyphen' };
  for (const field of ['identity_file', 'known_hosts_file'] as const)
    if (!isAbsolute(info[field]) || /["%$\\]/.test(info[field]))
      return { field, message: 'must be an absolute path without any of " % $ \\' };
  for (const field of ['console', 'on', 'off', 'soft', 'cycle', 'reset', 'status'] as const)
    if (info[field]?.[0] === '') return { field, message: 'must begin with a command' };
  const { status_on: on = 'on', status_off: off = 'off' } = info;
  if (on.trim() === off.trim())
    return { field: 'status_off', message: 'is the line that means on as well' };
  return null;
};
