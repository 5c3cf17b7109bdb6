/** RMCP, and the presence ping of ASF that it carries: IPMI 2.0 §13.1 to §13.2.4. */

import { Octets } from './octets.ts';

const version = 0x06;
/** The packet wants no RMCP acknowledgement, IPMI 2.0 table 13-8. */
const noAcknowledgement = 0xff;
const asf = 0x06;
const ipmi = 0x07;
/** ASF's number of IANA. */
const asfNumber = 4542;
const pingType = 0x80;
const pongType = 0x40;

export interface Ping {
  /** 0 to 254; comes back with the pong. */
  readonly tag: number;
}

export interface Pong {
  readonly tag: number;
  /** Whether whoever answers speaks IPMI. */
  readonly speaksIpmi: boolean;
}

const header = (messageClass: number): Buffer =>
  Buffer.from([version, 0, noAcknowledgement, messageClass]);

/** Prepends the RMCP header to what an IPMI packet holds from its authentication type on. */
export const wrapIpmi = (body: Uint8Array): Buffer => Buffer.concat([header(ipmi), body]);

const asfMessage = (type: number, tag: number, data: Uint8Array): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(asfNumber);
  head.writeUInt8(type, 4);
  head.writeUInt8(tag, 5);
  head.writeUInt8(data.length, 7);
  return Buffer.concat([header(asf), head, data]);
};

export const encodePing = ({ tag }: Ping): Buffer => asfMessage(pingType, tag, Buffer.alloc(0));

export const encodePong = ({ tag, speaksIpmi }: Pong): Buffer => {
  const data = Buffer.alloc(16);
  data.writeUInt32BE(asfNumber);
  data.writeUInt8(speaksIpmi ? 0x81 : 0x01, 8);
  return asfMessage(pongType, tag, data);
};

export type Rmcp =
  | { readonly kind: 'ipmi'; readonly body: Buffer }
  | { readonly kind: 'ping'; readonly ping: Ping }
  | { readonly kind: 'pong'; readonly pong: Pong };

/** Throws `malformed` for what is not RMCP, an acknowledgement, or another message class. */
export const decodeRmcp = (bytes: Uint8Array): Rmcp => {
  const octets = new Octets(bytes, 'RMCP packet');
  octets.expect(octets.u8() === version);
  octets.take(2);
  const messageClass = octets.u8();
  if (messageClass === ipmi) return { kind: 'ipmi', body: octets.rest() };
  octets.expect(messageClass === asf && octets.take(4).readUInt32BE(0) === asfNumber);
  const type = octets.u8();
  const tag = octets.u8();
  octets.take(1);
  const data = new Octets(octets.take(octets.u8()), 'presence pong');
  if (type === pingType) return { kind: 'ping', ping: { tag } };
  octets.expect(type === pongType);
  data.take(8);
  return { kind: 'pong', pong: { tag, speaksIpmi: (data.u8() & 0x80) !== 0 } };
};
