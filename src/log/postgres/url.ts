/** URLs of logs on PostgreSQL, as far as they are PostgreSQL's own with more than one host. */

import { LogUrlError } from '../log.ts';

export interface PostgresHost {
  /** A name or an address; a folder with a socket where it begins with a slash. */
  readonly host: string;
  readonly port: number;
}

/** How connections are encrypted, in the words of libpq; the weaker modes of it are left out. */
export const tlsModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
export type TlsMode = (typeof tlsModes)[number];

/** Where a log is. */
export interface PostgresPlace {
  /** Tried in turn until one of them is a primary. */
  readonly hosts: readonly PostgresHost[];
  readonly user: string;
  readonly database: string;
  readonly schema: string;
  /** Undefined: `require` for every host but those of this machine. */
  readonly tls: TlsMode | undefined;
  /** PEM file of the authorities that servers are believed by. */
  readonly rootCertificate: string | undefined;
}

export const postgresForm = 'postgres://USER@HOST[:PORT][,HOST[:PORT]]/DATABASE[?sslmode=MODE]';

const defaultPort = 5432;
const hostsMax = 16;

const refusal = (found: string, advice = `write ${postgresForm}`): LogUrlError =>
  new LogUrlError(found, advice);

/**
 * Reads what follows `postgres:`.
 *
 * @throws {LogUrlError} it is written otherwise, or holds a password
 */
export function parsePlace(place: string): PostgresPlace {
  const [, authority = '', path = '', query = ''] =
    /^\/\/([^/?#]*)\/([^/?#]*)(?:\?([^#]*))?$/s.exec(place) ?? [];
  if (authority === '') throw refusal('its URL names no server');
  const at = authority.lastIndexOf('@');
  const user = authority.slice(0, Math.max(at, 0));
  if (user.includes(':')) throw withPassword();
  if (user === '') throw refusal('its URL names no user');
  if (path === '') throw refusal('its URL names no database');
  const hosts = authority.slice(at + 1).split(',');
  if (hosts.length > hostsMax) throw refusal(`its URL names more than ${hostsMax} servers`);
  return {
    hosts: hosts.map(parseHost),
    user: decoded(user),
    database: decoded(path),
    ...parseParameters(query),
  };
}

const withPassword = (): LogUrlError =>
  refusal(
    'its URL holds a password',
    'whoever sees the command line or the journal would know it. Leave it out, change it, and put ' +
      'it into ~/.pgpass or PGPASSFILE',
  );

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refusal('a % in its URL is followed by no two hexadecimal digits');
  }
};

const parseHost = (text: string): PostgresHost => {
  const [, bracketed, plain, digits] =
    /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = decoded(bracketed ?? plain ?? '');
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === '' || port < 1 || port > 65_535)
    throw refusal('one of the servers in its URL is not HOST or HOST:PORT');
  return { host, port };
};

const isTlsMode = (text: string): text is TlsMode => (tlsModes as readonly string[]).includes(text);

const parseParameters = (
  query: string,
): Pick<PostgresPlace, 'schema' | 'tls' | 'rootCertificate'> => {
  const given = new Map<string, string>();
  for (const pair of query.split('&').filter((pair) => pair !== '')) {
    const [name = '', value = ''] = pair.split('=', 2).map(decoded);
    if (name === 'password') throw withPassword();
    if (!['schema', 'sslmode', 'sslrootcert'].includes(name))
      throw refusal(
        'its URL has a parameter that is not known here',
        'there are schema, sslmode and sslrootcert',
      );
    if (given.has(name)) throw refusal(`its URL has ${name} twice`);
    given.set(name, value);
  }
  const schema = given.get('schema') ?? 'halcyon';
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema) || schema.startsWith('pg_'))
    throw refusal(
      'the schema in its URL is none',
      'give small letters, digits and _, at most 63, and no pg_ in front',
    );
  const mode = given.get('sslmode');
  if (mode !== undefined && !isTlsMode(mode))
    throw refusal('its URL has an sslmode that is not known here', `give ${tlsModes.join(', ')}`);
  return { schema, tls: mode, rootCertificate: given.get('sslrootcert') };
};

/** A host in messages. */
export const nameOf = ({ host, port }: PostgresHost): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** Whether what is said to a host stays on this machine. */
export const isLocal = (host: string): boolean =>
  host.startsWith('/') ||
  host === 'localhost' ||
  host === '::1' ||
  /^127(\.\d{1,3}){3}$/.test(host);
