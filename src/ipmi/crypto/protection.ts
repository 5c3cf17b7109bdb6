/** Packets within a session: integrity codes and encryption, IPMI 2.0 §13.28.4, §13.28.5, §13.29. */

import { createCipheriv, createDecipheriv, createHmac, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { encodeHead } from '../packet/session-header.ts';
import type { Framed, Head } from '../packet/session-header.ts';
import { wrapIpmi } from '../packet/rmcp.ts';
import type { Random } from '../time.ts';
import { sameCode } from './key-exchange.ts';
import type { Keys } from './key-exchange.ts';
import type { Suite } from './suites.ts';

const blockBytes = 16;
const nextHeader = 0x07;
/** Pad length and next header. */
const trailerBytes = 2;

export interface Lenience {
  /** Integrity pads that the specification does not allow are let pass. */
  readonly pads: boolean;
}

export class Protection {
  readonly #suite: Suite;
  // A buffer in their place takes Node.js five times as long, packet by packet.
  readonly #k1: KeyObject;
  readonly #k2: KeyObject;
  readonly #random: Random;
  readonly #lenience: Lenience;

  constructor(suite: Suite, keys: Keys, random: Random, lenience: Lenience = { pads: false }) {
    this.#suite = suite;
    this.#k1 = createSecretKey(keys.k1);
    this.#k2 = createSecretKey(keys.k2.subarray(0, blockBytes));
    this.#random = random;
    this.#lenience = lenience;
  }

  /** A whole packet, ready to be sent. */
  seal(payload: number, session: number, sequence: number, data: Buffer): Buffer {
    const { encrypts, integrityCode } = this.#suite;
    const head: Head = {
      ...{ payload, session, sequence },
      encrypted: encrypts,
      authenticated: integrityCode > 0,
    };
    const body = encrypts ? this.#encrypt(data) : data;
    const bytes = Buffer.concat([encodeHead(head, body.length), body]);
    if (integrityCode === 0) return wrapIpmi(bytes);
    const pad = -(bytes.length + trailerBytes) & 3;
    const covered = Buffer.concat([bytes, Buffer.alloc(pad, 0xff), Buffer.from([pad, nextHeader])]);
    return wrapIpmi(Buffer.concat([covered, this.#codeOf(covered)]));
  }

  /**
   * The payload of a packet; undefined for what is not protected as the session is, was changed
   * on its way, or was sealed with other keys.
   */
  open({ head, payload, covered, trailer }: Framed): Buffer | undefined {
    const { encrypts, integrityCode } = this.#suite;
    if (head.encrypted !== encrypts || head.authenticated !== integrityCode > 0) return undefined;
    if (integrityCode > 0 && !this.#isIntact(covered, trailer)) return undefined;
    return encrypts ? this.#decrypt(payload) : payload;
  }

  #codeOf(covered: Buffer): Buffer {
    const { hash, integrityCode } = this.#suite;
    if (hash === null) return Buffer.alloc(0);
    return createHmac(hash, this.#k1).update(covered).digest().subarray(0, integrityCode);
  }

  #isIntact(covered: Buffer, trailer: Buffer): boolean {
    const padded = trailer.length - this.#suite.integrityCode;
    if (padded < trailerBytes) return false;
    const known = trailer.subarray(0, padded);
    const whole = Buffer.concat([covered, known]);
    if (!sameCode(this.#codeOf(whole), trailer.subarray(padded))) return false;
    if (this.#lenience.pads) return true;
    const pad = padded - trailerBytes;
    return (
      pad <= 3 &&
      whole.length % 4 === 0 &&
      known.readUInt8(pad) === pad &&
      known.readUInt8(pad + 1) === nextHeader &&
      known.subarray(0, pad).every((byte) => byte === 0xff)
    );
  }

  #encrypt(data: Buffer): Buffer {
    const pad = -(data.length + 1) & (blockBytes - 1);
    const iv = this.#random(blockBytes);
    const cipher = createCipheriv('aes-128-cbc', this.#k2, iv);
    cipher.setAutoPadding(false);
    const padding = Buffer.from([...Array(pad).keys(), pad].map((n, at) => (at < pad ? n + 1 : n)));
    return Buffer.concat([iv, cipher.update(Buffer.concat([data, padding])), cipher.final()]);
  }

  #decrypt(payload: Buffer): Buffer | undefined {
    if (payload.length < 2 * blockBytes || payload.length % blockBytes !== 0) return undefined;
    const cipher = createDecipheriv('aes-128-cbc', this.#k2, payload.subarray(0, blockBytes));
    cipher.setAutoPadding(false);
    const plain = Buffer.concat([cipher.update(payload.subarray(blockBytes)), cipher.final()]);
    const pad = plain.readUInt8(plain.length - 1);
    const length = plain.length - 1 - pad;
    if (pad >= blockBytes || length < 0) return undefined;
    const padding = plain.subarray(length, -1);
    return padding.every((byte, at) => byte === at + 1) ? plain.subarray(0, length) : undefined;
  }
}
