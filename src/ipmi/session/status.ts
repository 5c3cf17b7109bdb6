/** What a BMC means by the status of a message that sets a session up: IPMI 2.0 table 13-15. */

import { hex, IpmiError } from '../errors.ts';
import type { Reason } from '../errors.ts';

type Step = 'open' | 'rakp2' | 'rakp4';

const statuses: Readonly<Record<number, readonly [Reason, string]>> = {
  0x01: ['no-session-left', 'all sessions of the BMC are taken'],
  0x02: ['refused', 'the BMC does not know this session'],
  0x04: ['unsupported-suite', 'the BMC refuses the authentication algorithm'],
  0x05: ['unsupported-suite', 'the BMC refuses the integrity algorithm'],
  0x06: ['unsupported-suite', 'the BMC has no such authentication'],
  0x07: ['unsupported-suite', 'the BMC has no such integrity check'],
  0x08: ['refused', 'the session is not active any more'],
  0x09: ['privilege', 'the BMC does not know this role'],
  0x0a: ['privilege', 'the user may not do so much'],
  0x0b: ['no-session-left', 'all sessions of this role are taken'],
  0x0c: ['unknown-user', 'the BMC has no names of this length'],
  0x0d: ['unknown-user', 'the BMC does not let this user in'],
  0x0f: ['wrong-password', 'the BMC has another password for this user'],
  0x10: ['unsupported-suite', 'the BMC refuses the encryption'],
  0x11: ['unsupported-suite', 'the BMC does not have this cipher suite'],
};

/** Whoever refuses an offer does not have the suite, whatever the reason that is given. */
class OfferRefused extends IpmiError {}

export const isOfferRefused = (error: unknown): boolean => error instanceof OfferRefused;

export const statusError = (step: Step, status: number): IpmiError => {
  const [reason, meaning] = statuses[status] ?? (['refused', 'the BMC refuses'] as const);
  const message = `${meaning} (${hex(status)})`;
  if (step !== 'open' || reason === 'no-session-left')
    return new IpmiError(reason, message, { status });
  // Some BMCs call a suite that is switched off an invalid role.
  return new OfferRefused(reason, message, { status });
};
