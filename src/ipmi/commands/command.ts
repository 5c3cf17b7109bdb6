/** What a command is to a session. */

import { hex, IpmiError } from '../errors.ts';
import type { Reason } from '../errors.ts';
import type { Octets } from '../packet/octets.ts';

export interface Command<Request, Answer> {
  /** As the specification calls it. */
  readonly name: string;
  /** Even, 0 to 62. */
  readonly netFn: number;
  readonly code: number;
  /** 0 unless said. */
  readonly lun?: number;
  /**
   * Whether carrying it out twice is the same as once. Then it is sent again until it is answered;
   * else it is an order: sent once, and never again.
   */
  readonly repeatable: boolean;
  encode(request: Request): Buffer;
  /** What follows the completion code; throws `malformed`. */
  decode(data: Octets): Answer;
  /** What this command's own completion codes (0x80 to 0xBE) mean. */
  readonly refusals?: Readonly<Record<number, readonly [reason: Reason, meaning: string]>>;
}

export const netFns = { chassis: 0x00, sensor: 0x04, app: 0x06, storage: 0x0a, transport: 0x0c };

export const nothing = (): Buffer => Buffer.alloc(0);

/** Completion codes of IPMI 2.0 table 5-2 that a program can act on, or a person needs. */
const meanings: Readonly<Record<number, string>> = {
  0xc0: 'the BMC is busy',
  0xc1: 'the BMC does not know this command',
  0xc3: 'the BMC took too long over it',
  0xc4: 'the BMC is out of space',
  0xc5: 'the reservation is cancelled or unknown',
  0xc7: 'the request has the wrong length',
  0xc9: 'a parameter is out of range',
  0xca: 'so many bytes cannot be returned',
  0xcb: 'what was asked for does not exist',
  0xcc: 'the request has an invalid field',
  0xce: 'the BMC could not give an answer',
  0xd1: 'the SDR repository is being updated',
  0xd2: 'the BMC is initializing',
  0xd4: 'the privilege does not suffice',
  0xd5: 'this is not possible in the present state',
  0xd6: 'the command is disabled',
  0xff: 'an error that the BMC does not specify',
};

/** A read that ends so may well succeed a moment later. */
const passing: ReadonlySet<number> = new Set([0xc0, 0xc3, 0xce, 0xd1, 0xd2, 0xff]);
/** An order that ends so may have been carried out, or not. */
const ambiguous: ReadonlySet<number> = new Set([0xc3, 0xce, 0xcf, 0xd1, 0xd2, 0xff]);

export const isPassing = (completion: number): boolean => passing.has(completion);

const generalReason = (repeatable: boolean, completion: number): Reason => {
  if (completion === 0xd4) return 'privilege';
  if (!repeatable && ambiguous.has(completion)) return 'outcome-unknown';
  return completion === 0xc0 || completion === 0xd1 || completion === 0xd2 ? 'busy' : 'refused';
};

/** What a completion code other than 0 means for whoever gave a command. */
export const refusalOf = (
  { name, repeatable, refusals }: Command<never, unknown>,
  completion: number,
): IpmiError => {
  const own = refusals?.[completion];
  const reason = own?.[0] ?? generalReason(repeatable, completion);
  const meaning = own?.[1] ?? meanings[completion] ?? 'refused';
  return new IpmiError(reason, `${name}: ${meaning} (${hex(completion)})`, { completion });
};
