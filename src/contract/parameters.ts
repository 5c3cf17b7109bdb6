/** Parameters and headers that many endpoints have. */

import { Type } from 'typebox';

/** How long an answer may be held back, s. */
export const waitMax = 300;

/** How long an answer waits for the revision that it is asked to show, s. */
export const awaitedSeconds = { usual: 5, max: 60 };

/** Of every read. */
export const moment = {
  at: Type.Optional(
    Type.String({
      description:
        'The cluster as it was: a revision, a time in ms since the epoch (13 digits) or an ISO 8601 time with its zone. ' +
        'What is yet to come is refused.',
      examples: ['1742', '2026-11-21T10:00:00Z'],
    }),
  ),
};

/** Of every read and of all else that is asked of a station with a token. */
export const awaited = {
  at_least: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description:
        'A revision, such as a command answered with: the answer waits until this station has it, by default at most ' +
        `${awaitedSeconds.usual} s, or as long as \`Prefer: wait=<seconds>\` says, at most ${awaitedSeconds.max} s. ` +
        'What has not come by then is `revision-not-reached`.',
    }),
  ),
};

/** Of every list. */
export const paging = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'Default 1000.' })),
  cursor: Type.Optional(Type.String({ maxLength: 512, description: '`next` of the page before.' })),
};

/** Of every command. */
export const dryRun = {
  dry_run: Type.Optional(
    Type.Boolean({
      description: 'Answer with the events that would be appended; append nothing.',
    }),
  ),
};

/** Of every action. */
export const forced = {
  force: Type.Optional(
    Type.Boolean({
      description:
        'Stop or remove although other processes of the node require it, or too few confds would be left; ' +
        'remove an independent process although nobody knows whether it runs, because its host is down.',
    }),
  ),
};

/** Headers of every command that may be done once only, and whose answer can be given twice. */
export const keyed = {
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      description:
        'A second request with the same key gets the answer of the first. Remembered for 24 hours, or until ' +
        'the token has had 50,000 others since, but for 10 minutes at least.',
    }),
  ),
};

/** Headers of every command. */
export const conditions = {
  'if-match': Type.Optional(
    Type.String({
      description: 'A revision; the command is refused when the cluster has another.',
    }),
  ),
};

/** Headers of what is held back on request. */
export const patience = {
  prefer: Type.Optional(
    Type.String({
      description: `\`wait=<seconds>\`: hold the answer while the operation runs, at most ${waitMax} s (RFC 7240).`,
    }),
  ),
};

/** By name. */
export const shared = { ...moment, ...awaited, ...paging, ...dryRun, ...forced };
export const sharedHeaders = { ...keyed, ...conditions, ...patience };
