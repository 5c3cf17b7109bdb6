/** The secret store: credentials of OBMs and the like, encrypted at rest with the station's key (AES-256-GCM). */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StationUnavailableError } from './result.ts';

export interface Secret {
  readonly user: string;
  readonly password: string;
}

/** Name to base64 of nonce, tag and ciphertext. */
type Sealed = Record<string, string>;

const nonceBytes = 12;
const tagBytes = 16;

export class SecretStore {
  readonly #path: string;
  readonly #key: Buffer;
  readonly #sealed: Sealed;

  /** @throws {StationUnavailableError} the file is there and cannot be read */
  constructor(directory: string, stationKey: Buffer) {
    this.#path = join(directory, 'secrets.json');
    this.#key = Buffer.from(hkdfSync('sha256', stationKey, '', 'secret store', 32));
    this.#sealed = readSealed(this.#path);
  }

  get(name: string): Secret | undefined {
    const sealed = this.#sealed[name];
    return sealed === undefined ? undefined : this.#open(name, Buffer.from(sealed, 'base64'));
  }

  /** Keeps secrets under their names; durable when it returns. Secrets that are there already and equal cost nothing. */
  put(secrets: ReadonlyMap<string, Secret>): void {
    let changed = false;
    for (const [name, secret] of secrets) {
      const present = this.get(name);
      if (present?.user === secret.user && present.password === secret.password) continue;
      this.#sealed[name] = this.#seal(name, secret).toString('base64');
      changed = true;
    }
    if (changed) this.#write();
  }

  /** The name is authenticated too, so that entries cannot be swapped in the file. */
  #seal(name: string, secret: Secret): Buffer {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(name));
    const text = Buffer.concat([cipher.update(JSON.stringify(secret), 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]);
  }

  #open(name: string, sealed: Buffer): Secret {
    const nonce = sealed.subarray(0, nonceBytes);
    const tag = sealed.subarray(nonceBytes, nonceBytes + tagBytes);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(name));
    decipher.setAuthTag(tag);
    const text = Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()]);
    return JSON.parse(text.toString('utf8')) as Secret;
  }

  #write(): void {
    const draft = `${this.#path}.new`;
    const file = openSync(draft, 'w', 0o600);
    writeSync(file, JSON.stringify(this.#sealed));
    fsyncSync(file);
    closeSync(file);
    renameSync(draft, this.#path);
  }
}

const readSealed = (path: string): Sealed => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Sealed;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new StationUnavailableError(`${path} cannot be read`, { cause: error });
  }
};
