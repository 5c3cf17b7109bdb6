/** What a client is told when something does not work: RFC 9457, with what to do next. */

import type { FastifyReply } from 'fastify';
import { AppendFailedError, LogBusyError, NotInPlaceError } from '../../log/log.ts';
import { ConnectionError } from '../access/connections.ts';
import { InfoError } from '../drivers/kinds.ts';
import { LabelError, ObmError } from '../errors.ts';

/** An answer other than the one that was hoped for. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;
  /** The field that is wrong, where one is. */
  readonly field: string | undefined;

  constructor(status: number, code: string, message: string, field?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field;
  }
}

/** The same whether the token is wrong, old or malformed, and whether there is such an OBM. */
export const notLetIn = (): Refusal =>
  new Refusal(401, 'unauthorized', 'the token is not valid for this OBM');

/** As a router answers that has no such path: who is no administrator learns nothing. */
export const nothingHere = (): Refusal => new Refusal(404, 'not-found', '404 page not found');

const labelStatus = { exists: 409, 'not-found': 404, 'too-many': 409 } as const;

/** What went wrong, as an answer; what is nobody's business stays in the log of the daemon. */
export const refusalOf = (error: unknown): Refusal => {
  if (error instanceof Refusal) return error;
  if (error instanceof InfoError)
    return new Refusal(400, 'invalid-request', error.message, error.field);
  if (error instanceof ObmError && error.reason === 'limit')
    return new Refusal(429, error.reason, error.message);
  if (error instanceof ObmError && error.reason === 'stale-term')
    return new Refusal(409, error.reason, error.message);
  if (error instanceof ConnectionError)
    return new Refusal(error.code === 'too-often' ? 429 : 409, error.code, error.message);
  if (error instanceof LabelError)
    return new Refusal(labelStatus[error.code], error.code, error.message);
  // As obmd has it: whatever the OBM did not do is an error of the server.
  if (error instanceof ObmError) return new Refusal(500, error.reason, error.message);
  if (error instanceof LogBusyError) return new Refusal(503, error.code, error.message);
  if (error instanceof AppendFailedError || error instanceof NotInPlaceError)
    return new Refusal(507, error.code, error.message);
  const { statusCode = 500, message } = error as { statusCode?: number; message: string };
  if (statusCode >= 400 && statusCode < 500)
    return new Refusal(statusCode, 'invalid-request', message);
  return new Refusal(500, 'internal', 'the daemon failed; its log has the details');
};

export const sendRefusal = (reply: FastifyReply, refusal: Refusal): FastifyReply => {
  const { status, code, message: detail, field } = refusal;
  return reply
    .code(status)
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify({ status, code, detail, ...(field === undefined ? {} : { field }) }));
};
