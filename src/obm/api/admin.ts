/** Whether who asks is the administrator of the daemon: HTTP Basic, RFC 7617, as the user `admin`. */

import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

export class Admin {
  readonly #hash: Buffer;

  /** @param hash SHA-256 of the administrator's token, in hexadecimal digits */
  constructor(hash: string) {
    this.#hash = Buffer.from(hash, 'hex');
  }

  static hashOf(token: string): string {
    return digest(token).toString('hex');
  }

  is(authorization: string | undefined): boolean {
    const [, encoded = ''] = /^Basic +([A-Za-z0-9+/=]{1,1024})$/i.exec(authorization ?? '') ?? [];
    const given = Buffer.from(encoded, 'base64').toString('utf8');
    const isRight = timingSafeEqual(digest(given.replace(/^admin:/, '')), this.#hash);
    return isRight && given.startsWith('admin:');
  }
}
