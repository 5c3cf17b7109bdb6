/** What a log's URL says of its place on KurrentDB. */

import { LogUrlError } from '../log.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface KurrentdbPlace {
  readonly hosts: readonly Endpoint[];
  /** The one host is a name in DNS of which the servers are found. */
  readonly discover: boolean;
  readonly stream: string;
  readonly tls: boolean;
  /** Paths of what TLS needs besides what the system knows, by the names that the client gives. */
  readonly files: Readonly<Record<string, string>>;
  /** The servers' own limit of an append, bytes. */
  readonly maxAppendSize: number;
}

export const kurrentdbForm = 'kurrentdb://HOST[:2113][,HOST…]/STREAM';

/** MaxAppendSize of a server that says nothing else, and the most that any takes; bytes. */
const appendSize = { least: 64 * 1024, usual: 1024 * 1024, most: 16 * 1024 * 1024 };

const files = ['tlsCAFile', 'userCertFile', 'userKeyFile'];
const options = ['tls', 'cleartext', 'maxAppendSize', ...files];

/**
 * @param place what follows the scheme and its colon
 * @param discover whether the scheme said `+discover`
 * @throws {LogUrlError} it does not say where the log is. The message does not repeat it
 */
export function readPlace(place: string, discover: boolean): KurrentdbPlace {
  const refuse = (found: string, advice: string): never => {
    throw new LogUrlError(found, advice);
  };
  const write = `write ${kurrentdbForm}`;
  const [, names = '', path = '', query = ''] =
    /^\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(place) ??
    refuse('its URL names no host', write);
  if (names.includes('@'))
    refuse(
      'its URL holds a user or a password',
      'give them in KURRENTDB_USER and KURRENTDB_PASSWORD_FILE. Change a password that stood there',
    );
  const hosts = names.split(',').map((name) => {
    const [, address = '', port = '2113'] = /^([A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(name) ?? [];
    if (address === '' || Number(port) < 1 || Number(port) > 65_535)
      refuse('one of its hosts is no name or IPv4 address with a port', write);
    return { address, port: Number(port) };
  });
  if (discover && hosts.length > 1) refuse('+discover takes one name', write);
  const stream = path === '' ? 'halcyon' : path;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(stream))
    refuse(
      'its stream has a name that is not taken',
      'use up to 100 letters, digits, ".", "_", "-"',
    );
  const given = new URLSearchParams(query);
  for (const name of given.keys())
    if (!options.includes(name))
      refuse('it has an option that there is not', `there are ${options.join(', ')}`);
  const tls = given.get('tls') ?? 'true';
  if (tls !== 'true' && tls !== 'false') refuse('tls is neither true nor false', 'give tls=false');
  if (tls === 'false' && given.get('cleartext') !== 'accepted' && !hosts.every(isHere))
    refuse(
      'it would go over the network in clear text',
      'leave out tls=false, or add cleartext=accepted where the network is trusted',
    );
  const maxAppendSize = Number(given.get('maxAppendSize') ?? appendSize.usual);
  const { least, most } = appendSize;
  if (!Number.isInteger(maxAppendSize) || maxAppendSize < least || maxAppendSize > most)
    refuse('maxAppendSize is wrong', `give bytes, ${least} to ${most}, as the servers are set`);
  const paths = files.flatMap((name) => (given.has(name) ? [[name, given.get(name)]] : []));
  return {
    ...{ hosts, discover, stream, tls: tls === 'true', maxAppendSize },
    files: Object.fromEntries(paths) as Record<string, string>,
  };
}

const isHere = ({ address }: Endpoint): boolean =>
  address === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(address);
