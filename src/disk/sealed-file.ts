/** Secrets in one file, each encrypted under its name (AES-256-GCM). */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { InPlace } from './in-place.ts';
import { replaceFileSync } from './lasting-file.ts';
import { readRegularSync } from './regular-file.ts';

/** Name to base64 of nonce, tag and ciphertext. */
type Sealed = Readonly<Record<string, string>>;

const nonceBytes = 12;
const tagBytes = 16;
/** Ten thousand secrets take about 2 MB. */
const fileBytesMax = 256 * 1024 * 1024;

/** Values are whatever JSON holds. */
export class SealedFile<T> {
  readonly #path: string;
  readonly #key: Buffer;
  #sealed: Sealed;
  /** Where the file is; undefined where there is none. */
  #inPlace: InPlace | undefined;

  /**
   * @param key 32 bytes
   * @throws Error the file is there and cannot be read
   */
  constructor(path: string, key: Buffer) {
    this.#path = path;
    this.#key = key;
    this.#sealed = readSealed(path);
    if (Object.keys(this.#sealed).length > 0) this.#inPlace = placeOf(path);
  }

  /** What is not where it was written, in words; it is looked at now. */
  trouble(): string | undefined {
    return this.#inPlace?.displaced();
  }

  get names(): readonly string[] {
    return Object.keys(this.#sealed);
  }

  /** @throws Error what is kept under the name was not sealed with this key, or is damaged */
  get(name: string): T | undefined {
    const sealed = Object.hasOwn(this.#sealed, name) ? this.#sealed[name] : undefined;
    return sealed === undefined ? undefined : this.#open(name, Buffer.from(sealed, 'base64'));
  }

  /**
   * Keeps values under their names and forgets others; durable when it returns. Nothing is written where there is
   * nothing to keep and nothing to forget.
   *
   * @throws Error they cannot be written; all is as it was
   */
  change(put: ReadonlyMap<string, T>, forget: readonly string[] = []): void {
    const gone = new Set(forget.filter((name) => Object.hasOwn(this.#sealed, name)));
    if (put.size === 0 && gone.size === 0) return;
    const kept = Object.entries(this.#sealed).filter(([name]) => !gone.has(name));
    const sealed = [...put].map(([name, value]) => [name, this.#seal(name, value)] as const);
    const next: Sealed = Object.fromEntries([...kept, ...sealed]);
    replaceFileSync(this.#path, JSON.stringify(next));
    this.#sealed = next;
    this.#inPlace = placeOf(this.#path);
  }

  /** The name is authenticated too, so that entries cannot be swapped in the file. */
  #seal(name: string, value: T): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(name));
    const text = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
  }

  #open(name: string, sealed: Buffer): T {
    const nonce = sealed.subarray(0, nonceBytes);
    const tag = sealed.subarray(nonceBytes, nonceBytes + tagBytes);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(name));
    decipher.setAuthTag(tag);
    const text = Buffer.concat([
      decipher.update(sealed.subarray(nonceBytes + tagBytes)),
      decipher.final(),
    ]);
    return JSON.parse(text.toString('utf8')) as T;
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
    throw new Error(`${path} cannot be read: ${why}`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Sealed;
  throw new Error(`${path} cannot be read: it holds no secrets`);
};
