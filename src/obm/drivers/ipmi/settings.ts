/** What an OBM of the kind `ipmi` is registered with. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { suiteById, usualSuites, workArounds } from '../../../ipmi/index.ts';
import type { SessionOptions, SuiteName } from '../../../ipmi/index.ts';
import { oneOf } from '../../schema.ts';

/** Longest password and name of a user, bytes: IPMI 2.0 §13.31 and §22.28. */
const passwordMax = 20;
const userMax = 16;

const bytesOf = (text: string): number => Buffer.byteLength(text);

/** Suites that let others listen, change packets, or in without a password; used only where they are named. */
const unsafeSuites = ['sha1-unencrypted', 'sha1-unprotected', 'unauthenticated'] as const;

export const ipmiSchema = Type.Object(
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
    pass: Type.String({ description: 'at most 20 bytes' }),
    kg: Type.Optional(Type.String({ description: "the BMC's own key, at most 20 bytes" })),
    privilege: Type.Optional(
      oneOf(['user', 'operator', 'administrator'], {
        description: 'what sessions may do; operator unless said',
      }),
    ),
    suites: Type.Optional(
      Type.Array(Type.Union([Type.Literal(17), Type.Literal(3), oneOf(unsafeSuites)]), {
        minItems: 1,
        maxItems: 5,
        description:
          'cipher suites in the order in which they are offered; 17, then 3 unless said. Unsafe ones ' +
          `go by their names: ${unsafeSuites.join(', ')}`,
      }),
    ),
    work_arounds: Type.Optional(
      Type.Array(oneOf(workArounds), {
        maxItems: workArounds.length,
        description: 'what is let pass for BMCs that go against the specification',
      }),
    ),
  },
  { additionalProperties: false },
);
export type IpmiInfo = Static<typeof ipmiSchema>;

export const ipmiProblem = (info: IpmiInfo): { field: string; message: string } | null => {
  const tooLong = (field: 'user' | 'pass' | 'kg', max: number): boolean =>
    bytesOf(info[field] ?? '') > max;
  if (info.addr.startsWith('-')) return { field: 'addr', message: 'must not begin with a hyphen' };
  if (tooLong('user', userMax))
    return { field: 'user', message: `is longer than ${userMax} bytes, which is all IPMI has` };
  for (const field of ['pass', 'kg'] as const)
    if (tooLong(field, passwordMax))
      return { field, message: `is longer than ${passwordMax} bytes, which is all IPMI has` };
  return null;
};

export const sessionOptions = (info: IpmiInfo): SessionOptions => {
  const suiteOf = (suite: SuiteName | 3 | 17): SuiteName =>
    typeof suite === 'number' ? suiteById(suite) : suite;
  return {
    host: info.addr,
    user: info.user,
    password: info.pass,
    ...(info.port === undefined ? {} : { port: info.port }),
    ...(info.kg === undefined ? {} : { kg: info.kg }),
    ...(info.privilege === undefined ? {} : { privilege: info.privilege }),
    ...(info.work_arounds === undefined ? {} : { workArounds: info.work_arounds }),
    suites: info.suites?.map(suiteOf) ?? usualSuites,
  };
};
