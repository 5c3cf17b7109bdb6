/**
 * What stands between the RMCP header and a payload: IPMI 2.0 §13.6. Version 1.5 here is only what
 * goes on outside of sessions; sessions are of version 2.0.
 */

import { Octets, u16, u32 } from './octets.ts';
import { wrapIpmi } from './rmcp.ts';

/** Authentication types of the session header, IPMI 2.0 table 13-8. */
const none = 0x00;
const rmcpPlus = 0x06;

/** Payload types, IPMI 2.0 table 13-16. */
export const payloads = {
  message: 0x00,
  sol: 0x01,
  openSessionRequest: 0x10,
  openSessionResponse: 0x11,
  rakp1: 0x12,
  rakp2: 0x13,
  rakp3: 0x14,
  rakp4: 0x15,
} as const;

export interface Head {
  /** 0 to 63. */
  readonly payload: number;
  readonly encrypted: boolean;
  readonly authenticated: boolean;
  /** Whom it is for, by the id that the receiver chose; 0 while a session is set up. */
  readonly session: number;
  /** 0 while a session is set up, and never afterwards. */
  readonly sequence: number;
}

export interface Framed {
  readonly head: Head;
  readonly payload: Buffer;
  /** How long the payload is by its header. */
  readonly stated: number;
  /** What the integrity code is computed over, as far as it is known: head and payload. */
  readonly covered: Buffer;
  /** What follows: integrity pad, its length, next header, integrity code. */
  readonly trailer: Buffer;
}

export const encodeHead = (head: Head, length: number): Buffer =>
  Buffer.concat([
    Buffer.from([
      rmcpPlus,
      (head.encrypted ? 0x80 : 0) | (head.authenticated ? 0x40 : 0) | head.payload,
    ]),
    u32(head.session),
    u32(head.sequence),
    u16(length),
  ]);

/** A packet of version 2.0 without protection, as those that set a session up. */
export const encodeSetup = (payload: number, data: Uint8Array): Buffer => {
  const head = { payload, encrypted: false, authenticated: false, session: 0, sequence: 0 };
  return wrapIpmi(Buffer.concat([encodeHead(head, data.length), data]));
};

/** A message of version 1.5 outside of any session. */
export const encodeSessionless = (message: Uint8Array): Buffer =>
  wrapIpmi(
    Buffer.concat([Buffer.from([none]), Buffer.alloc(8), Buffer.of(message.length), message]),
  );

export type Frame =
  | { readonly kind: 'sessionless'; readonly message: Buffer }
  | ({ readonly kind: 'framed' } & Framed);

/** What some BMCs state while a session is set up; see the work-around `payload-size`. */
const isOneTooMany = (payload: number, length: number, octets: Octets): boolean =>
  payload >= payloads.openSessionRequest && payload <= payloads.rakp4 && length === octets.left + 1;

const decodeFramed = (body: Buffer, octets: Octets): Frame => {
  const type = octets.u8();
  const payload = type & 0x3f;
  // Payloads that a manufacturer has defined have more fields; none is used here.
  octets.expect(payload !== 0x02);
  const session = octets.u32();
  const sequence = octets.u32();
  const length = octets.u16();
  const [encrypted, authenticated] = [(type & 0x80) !== 0, (type & 0x40) !== 0];
  const data = octets.take(isOneTooMany(payload, length, octets) ? octets.left : length);
  const covered = body.subarray(0, body.length - octets.left);
  const head = { payload, encrypted, authenticated, session, sequence };
  return { kind: 'framed', head, payload: data, stated: length, covered, trailer: octets.rest() };
};

/** Throws `malformed` for what is cut off, a session of version 1.5, or a foreign format. */
export const decodeFrame = (body: Buffer): Frame => {
  const octets = new Octets(body, 'session header');
  const type = octets.u8();
  if (type === rmcpPlus) return decodeFramed(body, octets);
  octets.expect(type === none && octets.u32() === 0 && octets.u32() === 0);
  return { kind: 'sessionless', message: octets.take(octets.u8()) };
};
