/** How connections to PostgreSQL are encrypted, and whom they believe: as libpq does. */

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { checkServerIdentity } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { LogUnavailableError } from '../log.ts';
import { isLocal } from './url.ts';
import type { PostgresPlace } from './url.ts';

/**
 * What the connection to a host is encrypted with; false: nothing. With `require` alone anybody may
 * be the server, unless there are authorities: then it is `verify-ca`, as with libpq.
 *
 * @throws {LogUnavailableError} the authorities cannot be read, or there are none to verify by
 */
export function tlsOf(place: PostgresPlace, host: string): ConnectionOptions | false {
  const mode = place.tls ?? (isLocal(host) ? 'disable' : 'require');
  if (mode === 'disable' || host.startsWith('/')) return false;
  const authorities = authoritiesOf(place);
  if (authorities === undefined) {
    if (mode === 'require') return { rejectUnauthorized: false };
    throw new LogUnavailableError(
      `sslmode=${mode} needs the certificates of the authorities that servers are believed by: add ` +
        'sslrootcert=FILE to the URL of the log, or sslrootcert=system for those of this system',
    );
  }
  const ca = authorities === 'system' ? {} : { ca: authorities };
  return {
    ...ca,
    rejectUnauthorized: true,
    checkServerIdentity: (_name, certificate) =>
      mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
  };
}

const authoritiesOf = ({ rootCertificate }: PostgresPlace): string | undefined => {
  const path = rootCertificate ?? process.env['PGSSLROOTCERT'];
  if (path === 'system') return 'system';
  const usual = join(homedir(), '.postgresql', 'root.crt');
  if (path === undefined && !existsSync(usual)) return undefined;
  const file = path ?? usual;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { message } = cause as Error;
    throw new LogUnavailableError(`sslrootcert cannot be read: ${message}`, { cause });
  }
  if (/-----BEGIN CERTIFICATE-----/.test(text)) return text;
  throw new LogUnavailableError(`${file} holds no certificate; sslrootcert must be PEM`);
};
