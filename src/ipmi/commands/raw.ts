/** Any command, as bytes. */

import type { Command } from './command.ts';

export interface RawCommand {
  /** Even, 0 to 62. */
  readonly netFn: number;
  readonly code: number;
  /** 0 unless said. */
  readonly lun?: number;
  /** Whether carrying it out twice is the same as once; unless said it is taken for an order. */
  readonly repeatable?: boolean;
}

/** Takes the bytes of the request and gives those of the answer, after its completion code. */
export const raw = ({
  netFn,
  code,
  lun = 0,
  repeatable = false,
}: RawCommand): Command<Uint8Array, Buffer> => ({
  ...{ netFn, code, lun, repeatable },
  name: `command ${netFn}/${code}`,
  encode: (request) => Buffer.from(request),
  decode: (data) => data.rest(),
});
