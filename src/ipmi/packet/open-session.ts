/** RMCP+ Open Session Request and Response: IPMI 2.0 §13.17, §13.18. */

import { Octets, u32 } from './octets.ts';

/** The numbers of the algorithms of a session, IPMI 2.0 §13.28. */
export interface Algorithms {
  readonly authentication: number;
  readonly integrity: number;
  readonly confidentiality: number;
}

export interface OpenSessionRequest {
  readonly tag: number;
  /** The highest privilege that will be wanted, 1 to 5. */
  readonly privilege: number;
  /** The id by which the BMC shall address us. */
  readonly console: number;
  readonly algorithms: Algorithms;
}

export interface OpenSessionResponse {
  readonly tag: number;
  /** IPMI 2.0 table 13-15. */
  readonly status: number;
  readonly console: number;
  /** What only a response without error has. */
  readonly opened?: {
    readonly privilege: number;
    /** The id by which we shall address the BMC. */
    readonly bmc: number;
    readonly algorithms: Algorithms;
  };
}

const algorithmLength = 8;
const kinds = ['authentication', 'integrity', 'confidentiality'] as const;

const encodeAlgorithms = (algorithms: Algorithms): Buffer =>
  Buffer.concat(
    kinds.map((kind, number) =>
      Buffer.from([number, 0, 0, algorithmLength, algorithms[kind], 0, 0, 0]),
    ),
  );

const decodeAlgorithms = (octets: Octets): Algorithms => {
  const [authentication = 0, integrity = 0, confidentiality = 0] = kinds.map((_, number) => {
    octets.expect(octets.u8() === number);
    octets.take(2);
    octets.expect(octets.u8() === algorithmLength);
    const algorithm = octets.u8() & 0x3f;
    octets.take(3);
    return algorithm;
  });
  return { authentication, integrity, confidentiality };
};

export const encodeOpenSessionRequest = (request: OpenSessionRequest): Buffer =>
  Buffer.concat([
    Buffer.from([request.tag, request.privilege, 0, 0]),
    u32(request.console),
    encodeAlgorithms(request.algorithms),
  ]);

export const decodeOpenSessionRequest = (bytes: Buffer): OpenSessionRequest => {
  const octets = new Octets(bytes, 'Open Session Request');
  const tag = octets.u8();
  const privilege = octets.u8() & 0x0f;
  octets.take(2);
  const console = octets.u32();
  const algorithms = decodeAlgorithms(octets);
  octets.end();
  return { tag, privilege, console, algorithms };
};

export const encodeOpenSessionResponse = (response: OpenSessionResponse): Buffer => {
  const { tag, status, console, opened } = response;
  const head = Buffer.concat([Buffer.from([tag, status, opened?.privilege ?? 0, 0]), u32(console)]);
  if (opened === undefined) return head;
  return Buffer.concat([head, u32(opened.bmc), encodeAlgorithms(opened.algorithms)]);
};

/** Whom a refusal names, after its tag and status; 0 where it has no more than these. */
export const refusedConsole = (octets: Octets): number => {
  if (octets.left < 6) return 0;
  octets.take(2);
  return octets.u32();
};

export const decodeOpenSessionResponse = (bytes: Buffer): OpenSessionResponse => {
  const octets = new Octets(bytes, 'Open Session Response');
  const tag = octets.u8();
  const status = octets.u8();
  if (status !== 0) return { tag, status, console: refusedConsole(octets) };
  const privilege = octets.u8() & 0x0f;
  octets.take(1);
  const console = octets.u32();
  const bmc = octets.u32();
  octets.expect(bmc !== 0);
  const algorithms = decodeAlgorithms(octets);
  octets.end();
  return { tag, status, console, opened: { privilege, bmc, algorithms } };
};
