/** Values under names, each encrypted under its name (AES-256-GCM). */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Name to base64 of nonce, tag and ciphertext. */
type Sealed = Readonly<Record<string, string>>;

const nonceBytes = 12;
const tagBytes = 16;

/** It never changes; values are whatever JSON holds. */
export class SealedTable<T> {
  readonly #key: Buffer;
  readonly #sealed: Sealed;

  private constructor(key: Buffer, sealed: Sealed) {
    this.#key = key;
    this.#sealed = sealed;
  }

  /** @param key 32 bytes */
  static empty<T>(key: Buffer): SealedTable<T> {
    return new SealedTable<T>(key, {});
  }

  /**
   * @param text as of `toString`
   * @throws Error it is none; the message quotes nothing of it
   */
  static parse<T>(key: Buffer, text: string): SealedTable<T> {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      // The parser's message quotes what is there.
      throw new Error('it is not JSON', { cause: error });
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return new SealedTable<T>(key, value as Sealed);
    throw new Error('it holds no secrets');
  }

  get names(): readonly string[] {
    return Object.keys(this.#sealed);
  }

  /** @throws Error what is kept under the name was not sealed with this key, or is damaged */
  get(name: string): T | undefined {
    const sealed = Object.hasOwn(this.#sealed, name) ? this.#sealed[name] : undefined;
    return sealed === undefined ? undefined : this.#open(name, Buffer.from(sealed, 'base64'));
  }

  /** This one with other values. @returns this one where nothing changes */
  changed(put: ReadonlyMap<string, T>, forget: readonly string[]): SealedTable<T> {
    const gone = new Set(forget.filter((name) => Object.hasOwn(this.#sealed, name)));
    if (put.size === 0 && gone.size === 0) return this;
    const kept = Object.entries(this.#sealed).filter(([name]) => !gone.has(name));
    const sealed = [...put].map(([name, value]) => [name, this.#seal(name, value)] as const);
    return new SealedTable<T>(this.#key, Object.fromEntries([...kept, ...sealed]));
  }

  toString(): string {
    return JSON.stringify(this.#sealed);
  }

  /** The name is authenticated too, so that entries cannot be swapped. */
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
