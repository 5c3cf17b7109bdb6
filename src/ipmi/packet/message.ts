/** Requests and responses between a remote console and a BMC: IPMI 2.0 §13.8. */

import { Octets } from './octets.ts';

/** Where the BMC is found, and the software id of a remote console: IPMI 2.0 §5.5. */
const bmcAddress = 0x20;
const consoleAddress = 0x81;

interface Heading {
  /** Even: the network function of the request, also for its response. 0 to 62. */
  readonly netFn: number;
  /** The unit of the BMC that is addressed, 0 to 3. */
  readonly lun: number;
  /** Tells requests apart, 0 to 63; a response has that of its request. */
  readonly sequence: number;
  readonly code: number;
}

export interface RequestMessage extends Heading {
  readonly data: Buffer;
}

export interface ResponseMessage extends Heading {
  /** IPMI 2.0 table 5-2. */
  readonly completion: number;
  readonly data: Buffer;
}

/** What makes the sum of all bytes a multiple of 256: IPMI 2.0 §13.8.1. */
const checksum = (bytes: Uint8Array): number => {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
};

const summed = (...parts: (Uint8Array | number)[]): Buffer => {
  const bytes = Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part)),
  );
  return Buffer.concat([bytes, Buffer.from([checksum(bytes)])]);
};

export const encodeRequest = ({ netFn, lun, sequence, code, data }: RequestMessage): Buffer =>
  Buffer.concat([
    summed(bmcAddress, (netFn << 2) | lun),
    summed(consoleAddress, sequence << 2, code, data),
  ]);

export const encodeResponse = (response: ResponseMessage): Buffer => {
  const { netFn, lun, sequence, code, completion, data } = response;
  return Buffer.concat([
    summed(consoleAddress, (netFn + 1) << 2),
    summed(bmcAddress, (sequence << 2) | lun, code, completion, data),
  ]);
};

/** The octets after the first checksum and before the second; throws unless both are right. */
const checked = (bytes: Buffer, what: string): { to: number; head: number; body: Octets } => {
  const octets = new Octets(bytes, what);
  octets.expect(bytes.length >= 7 && checksum(bytes.subarray(0, 3)) === 0);
  octets.expect(checksum(bytes.subarray(3)) === 0);
  const [to, head] = [octets.u8(), octets.u8()];
  return { to, head, body: new Octets(bytes.subarray(3, -1), what) };
};

export const decodeRequest = (bytes: Buffer): RequestMessage => {
  const { to, head, body } = checked(bytes, 'request');
  body.expect(to === bmcAddress && ((head >> 2) & 1) === 0);
  body.expect(body.u8() === consoleAddress);
  const sequence = body.u8() >> 2;
  const code = body.u8();
  return { netFn: head >> 2, lun: head & 3, sequence, code, data: body.rest() };
};

export const decodeResponse = (bytes: Buffer): ResponseMessage => {
  const { to, head, body } = checked(bytes, 'response');
  body.expect(to === consoleAddress && ((head >> 2) & 1) === 1);
  body.expect(body.u8() === bmcAddress);
  const place = body.u8();
  const code = body.u8();
  const completion = body.u8();
  const [sequence, lun] = [place >> 2, place & 3];
  return { netFn: (head >> 2) - 1, lun, sequence, code, completion, data: body.rest() };
};
