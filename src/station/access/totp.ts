/** Codes that change with time (RFC 6238, SHA-1, 6 digits, 30 s: what every authenticator knows). */

import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';

const stepMs = 30_000;
const secretBytes = 20;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Steps before and after that of now whose codes are taken as well: clocks differ. */
const leeway = 1;

/** RFC 4648, without padding. */
export const base32 = (bytes: Uint8Array): string => {
  let [text, bits, value] = ['', 0, 0];
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      text += alphabet[(value >> (bits - 5)) & 31];
      bits -= 5;
    }
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31]! : text;
};

export const fromBase32 = (text: string): Buffer => {
  const bytes: number[] = [];
  let [bits, value] = [0, 0];
  for (const character of text) {
    value = ((value << 5) | alphabet.indexOf(character)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bytes.push((value >> (bits - 8)) & 255);
    bits -= 8;
  }
  return Buffer.from(bytes);
};

export const newSecret = (): string => base32(randomBytes(secretBytes));

/** The code of a step, which is so many times 30 s after the epoch. */
export const codeOf = (secret: string, step: number): string => {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest();
  const value = mac.readUInt32BE(mac.at(-1)! & 15) & 0x7fff_ffff;
  return String(value % 1_000_000).padStart(6, '0');
};

/** The step of a code that is good now, give or take one; undefined: it is not. */
export const stepOf = (secret: string, code: string, now: number): number | undefined => {
  const present = Math.floor(now / stepMs);
  let found: number | undefined;
  for (let step = present - leeway; step <= present + leeway; step++)
    if (step >= 0 && isSame(codeOf(secret, step), code)) found = step;
  return found;
};

const isSame = (a: string, b: string): boolean => {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
};

/** What an authenticator takes, as a link or in a picture. */
export const otpauthOf = (name: string, secret: string): string =>
  `otpauth://totp/Halcyon:${encodeURIComponent(name)}?secret=${secret}&issuer=Halcyon`;

export const recoveryCodes = 10;

/** A code for when the device is lost: 80 random bits, so that its hash tells nobody anything. */
export const newRecoveryCode = (): string =>
  base32(randomBytes(10))
    .toLowerCase()
    .replaceAll(/(.{4})(?=.)/g, '$1-');

export const recoveryHash = (code: string): string =>
  hash('sha256', code.toLowerCase().replaceAll(/[^a-z2-7]/g, ''));
