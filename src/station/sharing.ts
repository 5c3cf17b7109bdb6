/** What a station says of the secrets that it has together with others, and when it looks at them. */

import type { SecretsParts } from './access/secrets-of.ts';
import { NotLeadingError } from './leadership/standing.ts';
import type { StationLogger } from './logger.ts';
import type { Time } from './time.ts';

export const sharing = (
  time: Time,
  logger: StationLogger,
): Pick<SecretsParts, 'every' | 'told' | 'moved' | 'notLeading'> => ({
  every: (ms, work) => time.every(ms, work),
  told: (trouble) => {
    if (trouble)
      logger.warn({ err: trouble }, 'what others changed of the secrets cannot be read now');
    else logger.info({}, 'the secrets of the cluster can be read again');
  },
  notLeading: () => new NotLeadingError(null),
  moved: (secrets) =>
    logger.info({ secrets }, 'the secrets of this data directory are those of the cluster now'),
});
