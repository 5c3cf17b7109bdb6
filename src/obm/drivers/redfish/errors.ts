/** What a status means, in the words of all drivers. What a service sends is never repeated: it may be a password. */

import { ObmError } from '../../errors.ts';
import type { ObmReason } from '../../errors.ts';
import { listAt, textAt } from './resource.ts';
import type { Answer } from './transport.ts';

/** Messages of DMTF's registry that tell more than a status does. */
const known = {
  SessionLimitExceeded: 'no-session-left',
  CreateLimitReachedForResource: 'no-session-left',
  InsufficientPrivilege: 'privilege',
  ResourceNotReadyRetry: 'busy',
  ServiceTemporarilyUnavailable: 'busy',
  ServiceInUnknownState: 'busy',
} as const satisfies Readonly<Record<string, ObmReason>>;

const isKnown = (name: string): name is keyof typeof known => Object.hasOwn(known, name);

const messageOf = ({ body }: Answer): keyof typeof known | null => {
  const messages = [body, ...listAt(body, 'error', '@Message.ExtendedInfo')];
  for (const message of messages) {
    const id = textAt(message, 'MessageId') ?? textAt(message, 'error', 'code');
    const name = id?.split('.').at(-1) ?? '';
    if (isKnown(name)) return name;
  }
  return null;
};

/** Some say it in words only. */
const saysTooManySessions = ({ body }: Answer): boolean =>
  [body, ...listAt(body, 'error', '@Message.ExtendedInfo')].some((one) =>
    /maximum number of (user )?sessions/i.test(
      textAt(one, 'Message') ?? textAt(one, 'error', 'message') ?? '',
    ),
  );

const byStatus: Readonly<Record<number, ObmReason>> = {
  401: 'credentials-refused',
  403: 'privilege',
  404: 'unsupported',
  405: 'unsupported',
  429: 'busy',
  501: 'unsupported',
  503: 'busy',
};

/** @param what it was that is refused, for people: `the log-in` */
export const refusal = (answer: Answer, what: string): ObmError => {
  const { status } = answer;
  const message = messageOf(answer);
  const reason =
    message !== null
      ? known[message]
      : saysTooManySessions(answer)
        ? 'no-session-left'
        : (byStatus[status] ?? 'refused');
  const words = message === null ? '' : `, ${message}`;
  return new ObmError(reason, `the service refused ${what} (status ${status}${words})`);
};
