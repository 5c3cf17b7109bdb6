/**
 * Passwords as hashes: argon2id (RFC 9106) of Node.js' own. They are made in threads, a few at a time: each takes
 * memory and a while, and whoever sends many must not take that of the others.
 */

import * as crypto from 'node:crypto';
import { promisify } from 'node:util';

/** Node.js has it from 24.7 on: an older one runs a station, in which nobody can log in. */
const hashed = (...given: Parameters<typeof crypto.argon2Sync>): Promise<Buffer> => {
  if (typeof crypto.argon2 !== 'function')
    throw new Error(`passwords take Node.js 24.7 or newer; this is ${process.version}`);
  return promisify(crypto.argon2)(...given);
};

/** KiB, passes and lanes: what OWASP asks for at least, as whoever is a stranger can make the station do it. */
const usual = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const;

/** Hashes that are made at a time; the others wait. */
const hashesAtOnce = 2;

/** Says how many may wait, and refuses more. */
export interface Room {
  during<T>(whose: string, work: () => Promise<T>): Promise<T>;
}

export const passwordLengthMin = 12;
export const passwordLengthMax = 1024;

/** A text says all that is needed to check a password. */
const written = (salt: Buffer, tag: Buffer): string => {
  const { memory, passes, parallelism } = usual;
  const [saltText, tagText] = [salt, tag].map((bytes) => bytes.toString('base64url'));
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${saltText}$${tagText}`;
};

const shape = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/;

export class Passwords {
  readonly #room: Room;
  #underWay = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(room: Room) {
    this.#room = room;
  }

  /** @throws as `Room` does where too many wait already */
  async hash(password: string): Promise<string> {
    const salt = crypto.randomBytes(16);
    return written(salt, await this.#derive(password, salt, usual));
  }

  /**
   * Whether it is the password. Without a hash it is not, which takes as long.
   *
   * @throws as `Room` does where too many wait already
   */
  async isRight(password: string, hash: string | undefined): Promise<boolean> {
    const match = shape.exec(hash ?? '');
    if (!match) {
      await this.#derive(password, Buffer.alloc(16), usual);
      return false;
    }
    const [memory, passes, parallelism] = match.slice(1, 4).map(Number) as [number, number, number];
    const [salt, tag] = match.slice(4).map((text) => Buffer.from(text, 'base64url'));
    const parameters = { memory, passes, parallelism, tagLength: tag!.length };
    return crypto.timingSafeEqual(await this.#derive(password, salt!, parameters), tag!);
  }

  #derive(
    password: string,
    nonce: Buffer,
    parameters: { memory: number; passes: number; parallelism: number; tagLength: number },
  ): Promise<Buffer> {
    const message = Buffer.from(password.normalize('NFC'));
    return this.#room.during('passwords', async () => {
      await this.#turn();
      try {
        return await hashed('argon2id', { message, nonce, ...parameters });
      } finally {
        const next = this.#waiting.shift();
        if (next) next();
        else this.#underWay -= 1;
      }
    });
  }

  async #turn(): Promise<void> {
    if (this.#underWay < hashesAtOnce) this.#underWay += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
