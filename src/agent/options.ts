/**
 * Reads the values of the command line's options; each throws commander's error where a value is
 * wrong.
 */

import { isIP } from 'node:net';
import { InvalidArgumentError } from 'commander';
import { isLoopback } from '../addresses/loopback.ts';
import { normalFqdn } from './identity.ts';

const protocols = new Set(['http:', 'https:', 'ws:', 'wss:']);

/** A list of stations' URLs, separated by commas. */
export function parseStations(text: string): readonly URL[] {
  return text.split(',').map((part) => parseStation(part.trim()));
}

function parseStation(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !protocols.has(url.protocol))
    throw new InvalidArgumentError(
      `"${text}" is not the URL of a station, such as https://station:7400`,
    );
  if (url.search !== '' || url.hash !== '')
    throw new InvalidArgumentError(`"${text}" must hold neither "?" nor "#"`);
  return url;
}

export function parseFqdn(text: string): string {
  const fqdn = normalFqdn(text);
  if (fqdn === undefined) throw new InvalidArgumentError(`"${text}" is not a host name`);
  return fqdn;
}

export function parseAddress(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError(`"${text}" is not an IP address`);
  return text;
}

export function parseLnid(text: string): string {
  if (!/^[^\s@]+@[a-z0-9]+$/.test(text) || text.length > 256)
    throw new InvalidArgumentError(`"${text}" is not an LNet network id, such as 10.0.0.1@tcp`);
  return text;
}

/**
 * Not judged while the command line is read: what is wrong there is repeated in the message, and
 * the journal keeps messages.
 *
 * @throws Error where the URL holds a secret
 */
export function refuseSecretIn({ username, password, host }: URL): void {
  if (username !== '' || password !== '')
    throw new Error(`the URL of ${host} must hold no user or password; a token goes into a file`);
}

/** Whether a token that is sent there can be read on the way. */
export function isExposed({ protocol, hostname }: URL): boolean {
  const isEncrypted = protocol === 'https:' || protocol === 'wss:';
  return !isEncrypted && !isLoopback(hostname);
}
