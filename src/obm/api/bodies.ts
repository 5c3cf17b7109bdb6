/** Bodies as JSON, whatever type they say that they have: curl and obmd's own client say none. */

import type { FastifyInstance } from 'fastify';
import { misfitOf } from '../schema.ts';
import type { Check } from '../schema.ts';
import { Refusal } from './refusals.ts';

export const bodyBytesMax = 64 * 1024;

export const takeBodies = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'string', bodyLimit: bodyBytesMax },
    (_request, body, done) => done(null, body),
  );
};

/** @throws {Refusal} it is no object of JSON. The parser's message would quote it, and it may hold a password */
export const jsonOf = (body: unknown): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(typeof body === 'string' ? body : '');
  } catch {
    throw new Refusal(400, 'invalid-request', 'the body is not JSON');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Refusal(400, 'invalid-request', 'the body is not an object');
};

/** @throws {Refusal} that names the field, and never shows what stands in it */
export const fitting = (check: Check, body: unknown): unknown => {
  const value = jsonOf(body);
  const misfit = misfitOf(check, value);
  if (!misfit) return value;
  const field = misfit.path.join('.');
  throw new Refusal(400, 'invalid-request', `${field} ${misfit.what}`, field);
};
