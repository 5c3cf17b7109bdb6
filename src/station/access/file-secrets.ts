/** Secrets in a file of the data directory, encrypted (AES-256-GCM). */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { InPlace } from '../../disk/in-place.ts';
import { replaceFileSync } from '../../disk/lasting-file.ts';
import { readRegularSync } from '../../disk/regular-file.ts';
import { AppendFailedError } from '../../log/log.ts';
import { StationUnavailableError } from '../result.ts';
import type { Keys } from './keys.ts';
import type { Secret, Secrets } from './secrets.ts';

/** Name to base64 of nonce, tag and ciphertext. */
type Sealed = Readonly<Record<string, string>>;

const nonceBytes = 12;
const tagBytes = 16;
/** Ten thousand hosts take about 2 MB. */
const fileBytesMax = 256 * 1024 * 1024;

export class FileSecrets implements Secrets {
  readonly #path: string;
  readonly #key: Buffer;
  #sealed: Sealed;
  /** Where the file is; undefined where there is none. */
  #inPlace: InPlace | undefined;

  /** @throws {StationUnavailableError} the file is there and cannot be read */
  constructor(directory: string, keys: Keys) {
    this.#path = join(directory, 'secrets.json');
    this.#key = keys.keyFor('secret store');
    this.#sealed = readSealed(this.#path);
    if (Object.keys(this.#sealed).length > 0) this.#inPlace = placeOf(this.#path);
  }

  trouble(): string | undefined {
    return this.#inPlace?.displaced();
  }

  get(name: string): Secret | undefined {
    const sealed = this.#sealed[name];
    return sealed === undefined ? undefined : this.#open(name, Buffer.from(sealed, 'base64'));
  }

  put(secrets: ReadonlyMap<string, Secret>): void {
    const sealed: Record<string, string> = {};
    for (const [name, secret] of secrets) {
      const present = this.get(name);
      if (present?.user === secret.user && present.password === secret.password) continue;
      sealed[name] = this.#seal(name, secret).toString('base64');
    }
    if (Object.keys(sealed).length === 0) return;
    const next = { ...this.#sealed, ...sealed };
    try {
      replaceFileSync(this.#path, JSON.stringify(next));
    } catch (error) {
      throw new AppendFailedError(`${this.#path} cannot be written: ${(error as Error).message}`, {
        cause: error,
      });
    }
    this.#sealed = next;
    this.#inPlace = placeOf(this.#path);
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
    const text = Buffer.concat([
      decipher.update(sealed.subarray(nonceBytes + tagBytes)),
      decipher.final(),
    ]);
    return JSON.parse(text.toString('utf8')) as Secret;
  }
}

const placeOf = (path: string): InPlace => new InPlace(dirname(path), [path]);

const readSealed = (path: string): Sealed => {
  let value: unknown;
  try {
    value = JSON.parse(readRegularSync(path, fileBytesMax).toString('utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    // The parser's message quotes what is there.
    const why = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message;
    throw new StationUnavailableError(`${path} cannot be read: ${why}`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Sealed;
  throw new StationUnavailableError(`${path} cannot be read: it holds no secrets`);
};
