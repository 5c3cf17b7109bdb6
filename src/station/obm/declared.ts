/** The OBM of a host as facts declare it, as an OBM daemon takes it: the password goes from one store to the other. */

import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { Secrets } from '../access/secrets.ts';
import { ObmdError } from './errors.ts';

export interface As {
  readonly type: string;
  readonly info: Readonly<Record<string, unknown>>;
}

/** @throws {ObmdError} `settings`: facts declare none that could be registered, and what to do instead */
export const declaredAs = (graph: ReadGraph, secrets: Secrets, fqdn: string): As => {
  const refuse = (why: string): never => {
    throw new ObmdError('settings', why, 'declared');
  };
  const obm = graph.one('manages', fqdn);
  if (!obm) return refuse(`facts declare no OBM of ${fqdn}: say what it is, with type and info`);
  const { type, address, secret } = obm;
  if (type === 'dummy') return { type, info: {} };
  if (secret === null)
    return refuse(
      `facts have no user and password for the OBM of ${fqdn}: say what it is yourself`,
    );
  if (!ownNames(graph, fqdn).includes(secret))
    return refuse(
      `facts declare one OBM for ${fqdn} and others: what is done to one is done to all. Register it by hand where that is meant`,
    );
  const known = secrets.get(secret);
  if (!known)
    return refuse(
      `the station has no password for the OBM of ${fqdn} any more: load the facts again`,
    );
  const { user, password: pass } = known;
  return { type, info: { ...placeOf(address), user, pass } };
};

/** Under which names its credentials are kept, where it is the OBM of this host only. */
const ownNames = (graph: ReadGraph, fqdn: string): string[] => {
  const { formerly = [] } = graph.get('host', fqdn) ?? {};
  return [fqdn, ...formerly.map(({ name }) => name)].map((name) => `obm/${name}`);
};

/** `10.1.0.1`, `10.1.0.1:623`, `bmc.example:623`, `fd00::1`, `[fd00::1]:623`. */
const placeOf = (address: string): { addr: string; port?: number } => {
  const [, bracketed, plain, port] =
    /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(address) ?? [];
  const addr = bracketed ?? plain ?? address;
  return { addr, ...(port === undefined ? {} : { port: Number(port) }) };
};
