/** How deep a body may be nested: what walks it walks its levels, and each costs room on the stack. */

import type { preValidationHookHandler } from 'fastify';
import { ApiError } from './errors.ts';

/** Levels of lists and objects in a body. Nothing that the API takes needs half of them. */
export const nestingMax = 64;

export const isNestedDeeper = (value: unknown, levels: number): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const one of Array.isArray(value) ? (value as unknown[]) : Object.values(value))
    if (isNestedDeeper(one, levels - 1)) return true;
  return false;
};

/** @throws {ApiError} */
export const refuseNested = (body: unknown): void => {
  if (isNestedDeeper(body, nestingMax))
    throw new ApiError('invalid-request', `the body is nested more than ${nestingMax} levels deep`);
};

/** Refuses a body before anything looks into it. */
export const refuseDeep: preValidationHookHandler = ({ body }, _reply, done) => {
  try {
    refuseNested(body);
    done();
  } catch (error) {
    done(error as Error);
  }
};
