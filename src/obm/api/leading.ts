/** Which station asks, where it is one of several that take turns: `Halcyon-Term` and `Halcyon-Cluster`. */

import type { FastifyRequest } from 'fastify';
import { clusterPattern } from '../../disk/heard-terms.ts';
import type { Leading } from '../../disk/heard-terms.ts';
import { Refusal } from './refusals.ts';

const isCluster = new RegExp(clusterPattern);

/**
 * What a request says of it. Who says nothing, as people and their programs, is in no term.
 *
 * @throws {Refusal} what it says makes no sense
 */
export const leadingIn = ({ headers }: FastifyRequest): Leading | null => {
  const { 'halcyon-term': said, 'halcyon-cluster': cluster } = headers;
  if (said === undefined && cluster === undefined) return null;
  const term = typeof said === 'string' && /^[1-9]\d*$/.test(said) ? Number(said) : NaN;
  if (!Number.isSafeInteger(term))
    throw new Refusal(400, 'invalid-request', 'Halcyon-Term must be a whole number from 1 on');
  if (typeof cluster !== 'string' || !isCluster.test(cluster))
    throw new Refusal(400, 'invalid-request', 'Halcyon-Cluster must be 8 hexadecimal digits');
  return { cluster, term };
};
