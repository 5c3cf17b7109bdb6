/** What an OBM of the kind `ipmitool` is registered with. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { oneOf } from '../../schema.ts';

/** Longest password and name of a user, bytes: IPMI 2.0 §13.31 and §22.28. */
const passwordMax = 20;
const userMax = 16;

/** Suites that let others listen, change packets, or in without a password; used only where they are named. */
const unsafe = { 'sha1-unencrypted': 2, 'sha1-unprotected': 1, unauthenticated: 0 } as const;
type Unsafe = keyof typeof unsafe;
const unsafeNames = Object.keys(unsafe) as Unsafe[];

export const ipmitoolSchema = Type.Object(
  {
    addr: Type.String({
      minLength: 1,
      maxLength: 253,
      pattern: '^[0-9A-Za-z:._-]+$',
      description: 'name or IP address of the BMC',
    }),
    port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_535, description: 'UDP port; 623 unless said' }),
    ),
    user: Type.String({ description: 'at most 16 bytes; empty for the anonymous user' }),
    pass: Type.String({ description: 'at most 20 bytes, in one line' }),
    privilege: Type.Optional(
      oneOf(['user', 'operator', 'administrator'], {
        description: 'what sessions may do; operator unless said',
      }),
    ),
    suites: Type.Optional(
      Type.Array(Type.Union([Type.Literal(17), Type.Literal(3), oneOf(unsafeNames)]), {
        minItems: 1,
        maxItems: 5,
        description:
          'cipher suites in the order in which they are tried; 17, then 3 unless said. Unsafe ones ' +
          `go by their names: ${unsafeNames.join(', ')}`,
      }),
    ),
  },
  { additionalProperties: false },
);
export type IpmitoolInfo = Static<typeof ipmitoolSchema>;

export const ipmitoolProblem = (
  info: IpmitoolInfo,
): { readonly field: string; readonly message: string } | null => {
  const tooLong = (text: string, max: number): boolean => Buffer.byteLength(text) > max;
  if (info.addr.startsWith('-')) return { field: 'addr', message: 'must not begin with a hyphen' };
  if (tooLong(info.user, userMax))
    return { field: 'user', message: `is longer than ${userMax} bytes, which is all IPMI has` };
  if (tooLong(info.pass, passwordMax))
    return { field: 'pass', message: `is longer than ${passwordMax} bytes, which is all IPMI has` };
  for (const field of ['user', 'pass'] as const)
    if (/[\n\r\0]/.test(info[field]))
      return { field, message: 'has an end of line, which ipmitool cannot be given' };
  return null;
};

/** Numbers of the suites, in the order in which they are tried. */
export const suitesOf = ({ suites = [17, 3] }: IpmitoolInfo): readonly number[] =>
  suites.map((suite) => (typeof suite === 'number' ? suite : unsafe[suite]));
