/** Where a station's secrets are: in its data directory, or with its log where several stations have that. */

import { renameSync } from 'node:fs';
import { join } from 'node:path';
import type { EventLog } from '../../log/log.ts';
import { FileSecrets } from './file-secrets.ts';
import type { Secrets } from './secrets.ts';
import { SharedSecrets } from './shared-secrets.ts';
import type { SharedSecretsParts } from './shared-secrets.ts';

export interface SecretsParts extends Omit<SharedSecretsParts, 'register' | 'first'> {
  readonly log: Pick<EventLog, 'shared'>;
  /** Of the data. */
  readonly directory: string;
  /** Told how many secrets of the directory are the cluster's from now on. */
  readonly moved: (secrets: number) => void;
}

/**
 * The first station of a cluster brings the secrets along that its data directory has, once: of a
 * station whose log was moved to servers.
 *
 * @throws {StationUnavailableError} they cannot be read, or the key is not that of the cluster
 */
export const secretsOf = async (parts: SecretsParts): Promise<Secrets> => {
  const { log, directory, keys, moved } = parts;
  const own = new FileSecrets(directory, keys);
  if (!log.shared) return own;
  const first = new Map(own.names.map((name) => [name, own.get(name)!]));
  const register = log.shared.register('secrets');
  const secrets = await SharedSecrets.open({ ...parts, register, first });
  if (first.size > 0 && secrets.isFirst) {
    const path = join(directory, 'secrets.json');
    renameSync(path, `${path}.moved`);
    moved(first.size);
  }
  return secrets;
};
