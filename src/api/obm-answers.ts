/** What OBM daemons do and say, as answers of the API. */

import type { FastifyRequest } from 'fastify';
import type { ReadGraph } from '../core/graph/read-graph.ts';
import type { RegistrationRow } from '../core/graph/rows/obms.ts';
import { ObmdError } from '../station/obm/errors.ts';
import type { ObmdReason } from '../station/obm/errors.ts';
import { whyNot } from '../station/obm/readings.ts';
import type { Sight } from '../station/obm/sights.ts';
import type { Age } from '../contract/obm-ages.ts';
import { isMember } from './auth.ts';
import { ApiError } from './errors.ts';
import type { ErrorCode } from './errors.ts';

/** @throws {ApiError} no such host, or no OBM of it is registered */
export const mustHaveObm = (graph: ReadGraph, fqdn: string): RegistrationRow => {
  if (!graph.get('host', fqdn)) throw new ApiError('unknown-host', `there is no host ${fqdn}`);
  const row = graph.get('registration', fqdn);
  if (row) return row;
  throw new ApiError('obm-not-registered', `no OBM of ${fqdn} is registered`);
};

const codes: { readonly [R in ObmdReason]: ErrorCode } = {
  settings: 'invalid-request',
  away: 'obmd-away',
  broken: 'obmd-away',
  silent: 'obmd-silent',
  'not-let-in': 'obmd-not-let-in',
  taken: 'obm-taken',
  lost: 'obmd-lost',
  'no-console': 'no-console',
  'no-room': 'too-many-connections',
  'too-often': 'too-many-requests',
  deposed: 'obmd-failed',
  failed: 'obmd-failed',
};

/** These say nothing of where a daemon is. */
const forAll: ReadonlySet<ObmdReason> = new Set([
  ...(['no-console', 'no-room', 'too-often'] as const),
]);

/** What a daemon says, as an answer. Where it is, and what it is called there, is nothing for members. */
export const asked = async <T>(request: FastifyRequest, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ObmdError)) throw error;
    const { reason, message, field } = error;
    const isTold = !isMember(request) || forAll.has(reason);
    const told = isTold ? message : 'the OBM daemon of the machine could not do it';
    throw new ApiError(codes[reason], told, field === undefined ? {} : { field });
  }
};

/** How old it is what is told. Where an OBM is, is nothing for members. */
export const ageOf = (
  request: FastifyRequest,
  { observedAt, stale, trouble, look }: Sight<unknown>,
): Age => ({
  observed_at: observedAt,
  stale,
  refreshing: look !== null,
  trouble: trouble && {
    reason: trouble.reason,
    detail: isMember(request) ? whyNot(trouble.reason) : trouble.message,
  },
});
