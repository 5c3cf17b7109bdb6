/** What an OBM of the kind `redfish` is registered with. */

import { X509Certificate } from 'node:crypto';
import { Type } from 'typebox';
import type { Static } from 'typebox';

/** SHA-256 as hexadecimal digits, with colons or without. */
const fingerprint = '^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$';

export const redfishSchema = Type.Object(
  {
    addr: Type.String({
      minLength: 1,
      maxLength: 253,
      pattern: '^[0-9A-Za-z:._-]+$',
      description: 'name or IP address of the service',
    }),
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        description: 'TCP port; 443 unless said, 80 with `plain`',
      }),
    ),
    user: Type.String({ minLength: 1, maxLength: 256, description: 'name of the user' }),
    pass: Type.String({ maxLength: 256, description: 'password of the user' }),
    system: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description:
          'which of the systems of the service is meant: its Id, UUID or serial number. Must be said where ' +
          'there are several; where it is said and no system is called so, nothing is done',
      }),
    ),
    ca: Type.Optional(
      Type.String({
        maxLength: 65_536,
        description: 'certificate of the authority that vouches for the service, PEM',
      }),
    ),
    fingerprint: Type.Optional(
      Type.String({
        pattern: fingerprint,
        description:
          'SHA-256 of the certificate of the service, hexadecimal; that one and no other is believed',
      }),
    ),
    insecure: Type.Optional(
      Type.Boolean({ description: 'any certificate is believed; who is in between reads all' }),
    ),
    plain: Type.Optional(
      Type.Boolean({ description: 'HTTP without TLS; only together with `insecure`' }),
    ),
  },
  { additionalProperties: false },
);
export type RedfishInfo = Static<typeof redfishSchema>;

export const redfishProblem = (
  info: RedfishInfo,
): { readonly field: string; readonly message: string } | null => {
  const { addr, ca, fingerprint, insecure = false, plain = false } = info;
  if (addr.startsWith('-')) return { field: 'addr', message: 'must not begin with a hyphen' };
  if (plain && !insecure)
    return { field: 'plain', message: 'is to be had only together with insecure: true' };
  const ways = [ca !== undefined, fingerprint !== undefined, insecure].filter(Boolean);
  if (ways.length > 1)
    return {
      field: 'insecure',
      message: 'is one of ca, fingerprint and insecure; say one of them',
    };
  if (ca !== undefined && !isCertificate(ca))
    return { field: 'ca', message: 'is no certificate in PEM' };
  return null;
};

const isCertificate = (pem: string): boolean => {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
};
