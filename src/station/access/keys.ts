/**
 * The key that all stations of a cluster have: what one has sealed another opens, and a token that
 * one has issued is that of all.
 */

import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';

export interface Keys {
  /** A key of 32 bytes for one purpose and no other. */
  keyFor(purpose: string): Buffer;
  /** A code of a text that only the stations of the cluster can make, 32 bytes. */
  sign(text: string): Buffer;
}

/** Where the key is kept. */
export interface KeyRing extends Keys {
  /**
   * What is not as it was when it was read, in words; it is looked at now.
   *
   * @throws it could not be looked at, which says nothing of the key
   */
  trouble(): string | undefined;
}

export const keysOf = (key: Buffer): Keys => {
  // With the buffer itself Node.js takes four times as long, and every process has a token.
  const secret = createSecretKey(key);
  return {
    keyFor: (purpose) => Buffer.from(hkdfSync('sha256', key, '', purpose, 32)),
    sign: (text) => createHmac('sha256', secret).update(text).digest(),
  };
};
