/** What the IPMI library says, in the words of all drivers. */

import { IpmiError } from '../../../ipmi/index.ts';
import type { Reason } from '../../../ipmi/index.ts';
import { ObmError } from '../../errors.ts';
import type { ObmReason } from '../../errors.ts';

const reasons: Readonly<Record<Reason, ObmReason>> = {
  'no-answer': 'no-answer',
  'wrong-password': 'credentials-refused',
  'unknown-user': 'credentials-refused',
  'no-session-left': 'no-session-left',
  'unsupported-suite': 'unsupported-suite',
  privilege: 'privilege',
  busy: 'busy',
  refused: 'refused',
  'outcome-unknown': 'outcome-unknown',
  malformed: 'malformed',
  lost: 'no-answer',
  closed: 'closed',
  limit: 'limit',
  settings: 'settings',
  network: 'network',
  taken: 'console-taken',
  deactivated: 'console-taken',
};

export const obmError = (error: unknown): Error =>
  error instanceof IpmiError
    ? new ObmError(reasons[error.reason], error.message, { cause: error })
    : (error as Error);

/** Passes on what the library gives, or its error in the words of all drivers. */
export const inWords = async <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw obmError(error);
  });
