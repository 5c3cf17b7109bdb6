/**
 * Every error the API answers with: its stable code, HTTP status and title. Rejections of the core
 * come first, then what the API and the log add. A code is never reused for something else.
 */

import type { Problem } from '../config/problem.ts';
import type { ProblemDetails } from '../contract/problem.ts';
import { rejections } from '../core/values/rejection.ts';
import type { RejectionCode } from '../core/values/rejection.ts';

const rejectionStatus: { readonly [C in RejectionCode]: number } = {
  'cluster-not-loaded': 409,
  'unknown-host': 404,
  'unknown-node': 404,
  'unknown-process': 404,
  'unknown-role': 404,
  'unknown-credential': 404,
  'unknown-var': 404,
  'invalid-var': 422,
  'unknown-variable': 422,
  'unknown-override': 422,
  'multiplicity-fixed': 422,
  'invalid-multiplicity': 422,
  'template-error': 422,
  'circular-requires': 422,
  'no-free-endpoint': 409,
  'environment-range-exhausted': 409,
  'process-managed': 409,
  'older-instance': 409,
  'process-busy': 409,
  'process-independent': 409,
  'process-required': 409,
  'quorum-lost': 409,
  'being-removed': 409,
  'impossible-transition': 409,
  'host-exists': 409,
  'host-busy': 409,
  'host-claimed': 409,
  'identity-mismatch': 403,
  'credential-exists': 409,
  'too-many-hosts': 409,
  'too-many-tokens': 409,
  'unknown-project': 404,
  'project-exists': 409,
  'project-in-use': 409,
  'too-many-projects': 409,
  'machine-lent': 409,
  'machine-not-attached': 409,
  'obm-enabled': 409,
  'obm-not-registered': 404,
  'obm-registered': 409,
  'obm-taken': 409,
  'obm-changed': 409,
  'obm-disabled': 409,
  'right-ended': 403,
  'too-many-connections': 409,
  'too-many-orders': 429,
  'too-many-orders-of-one': 429,
  'in-maintenance': 409,
  'not-cancellable': 409,
  'too-many-campaigns': 429,
  'too-many-machines': 422,
  'blast-radius': 422,
  'in-campaign': 409,
  'unknown-order': 404,
  'not-a-member': 409,
  'too-many-memberships': 409,
  'unknown-user': 404,
  'user-exists': 409,
  'too-many-users': 409,
  'role-differs': 409,
  'login-refused': 401,
  'user-locked': 429,
  'password-needed': 401,
  'code-needed': 401,
  'code-refused': 401,
  'code-used': 401,
  'no-codes': 409,
  'not-allowed': 403,
  'step-up-needed': 401,
  'grant-too-long': 422,
  'too-many-grants': 409,
  'unknown-grant': 404,
  'last-admin': 409,
  'unknown-station': 404,
  'invalid-station': 422,
  'last-station': 409,
  'too-many-stations': 409,
  'older-term': 409,
  'idempotency-key-reused': 422,
  'too-many-keys': 429,
  'revision-mismatch': 412,
  'too-large': 422,
};

const others = {
  'invalid-request': { status: 400, title: 'the request is not of the right shape' },
  'invalid-files': { status: 422, title: 'the files have errors' },
  unauthenticated: { status: 401, title: 'a valid token is needed' },
  forbidden: { status: 403, title: 'the token does not allow this' },
  'unknown-group': { status: 404, title: 'there is no such group of machines' },
  'page-gone': { status: 410, title: 'the list that the page is of is not kept any more' },
  'not-found': { status: 404, title: 'there is no such thing here' },
  'method-not-allowed': { status: 405, title: 'the address has no such method' },
  'unknown-session': { status: 404, title: 'the session does not exist, or is not yours' },
  'body-too-large': { status: 413, title: 'the body is larger than the limit' },
  'unsupported-media-type': { status: 415, title: 'the body is not JSON' },
  'agent-away': { status: 502, title: 'the agent of the host is not connected' },
  'agent-silent': { status: 504, title: 'the agent of the host does not answer' },
  'agent-too-old': { status: 409, title: 'the agent of the host is too old for this' },
  'obmd-away': { status: 502, title: 'the OBM daemon of the machine cannot be reached' },
  'obmd-silent': { status: 504, title: 'the OBM daemon of the machine does not answer' },
  'obmd-failed': { status: 502, title: 'the OBM daemon of the machine could not do it' },
  'obmd-not-let-in': {
    status: 409,
    title: 'the OBM daemon does not take the token of its administrator',
  },
  'obmd-lost': { status: 409, title: 'the OBM daemon does not have the OBM of the machine' },
  'no-console': { status: 409, title: 'the out-of-band manager has no console, or no log of it' },
  'output-unreadable': { status: 409, title: 'the output of the process cannot be read' },
  'reboot-vetoed': { status: 422, title: 'something forbids to reboot the machine' },
  'revision-not-reached': { status: 504, title: 'the station does not have the revision yet' },
  'too-many-requests': { status: 429, title: 'you ask for more than your share' },
  'too-many-viewers': { status: 503, title: 'too many are looking at the output of processes' },
  'log-not-shared': { status: 409, title: 'the log is one station’s own' },
  'no-leader': { status: 503, title: 'no station leads at the moment, as far as this one knows' },
  'not-leading': { status: 503, title: 'the station does not lead any more' },
  misdirected: { status: 421, title: 'another station leads, and this is for that one' },
  'log-away': { status: 503, title: 'the servers of the log cannot be reached' },
  'log-busy': { status: 503, title: 'too much is waiting to be written' },
  'outcome-unknown': { status: 503, title: 'nobody knows yet whether it was done' },
  'append-failed': { status: 507, title: 'the log cannot be written' },
  'not-in-place': { status: 503, title: 'the files of the station are not where they were' },
  'log-corrupt': { status: 500, title: 'the log is damaged' },
  internal: { status: 500, title: 'the station failed' },
} as const;

type OtherCode = keyof typeof others;
export type ErrorCode = RejectionCode | OtherCode;

/** Code, status and title of every error, for the reference. */
export const errorTable: readonly { code: ErrorCode; status: number; title: string }[] = [
  ...Object.entries(rejections).map(([code, title]) => ({
    code: code as RejectionCode,
    status: rejectionStatus[code as RejectionCode],
    title,
  })),
  ...Object.entries(others).map(([code, { status, title }]) => ({
    code: code as OtherCode,
    status,
    title,
  })),
];

const byCode = new Map(errorTable.map((entry) => [entry.code, entry]));

/** An answer that is an error (RFC 9457). Thrown by routes, sent by the server. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: ProblemDetails;
  /** Seconds after which asking again may help, for `Retry-After` (RFC 9110 §10.2.3). */
  readonly retryAfter: number | undefined;

  constructor(
    code: ErrorCode,
    detail: string,
    extra: {
      errors?: readonly Problem[];
      field?: string;
      retryAfter?: number;
      vetoes?: ProblemDetails['vetoes'];
      revision?: number;
      leader?: ProblemDetails['leader'];
    } = {},
  ) {
    super(detail);
    this.name = 'ApiError';
    this.code = code;
    const { status, title } = byCode.get(code)!;
    this.status = status;
    this.retryAfter = extra.retryAfter ?? (status === 429 || status === 503 ? 1 : undefined);
    this.details = {
      type: `https://halcyon.invalid/errors/${code}`,
      title,
      status,
      code,
      detail,
      ...(extra.errors ? { errors: extra.errors.map((problem) => ({ ...problem })) } : {}),
      ...(extra.vetoes ? { vetoes: extra.vetoes } : {}),
      ...(extra.revision === undefined ? {} : { revision: extra.revision }),
      ...(extra.leader ? { leader: { ...extra.leader } } : {}),
      ...(extra.field === undefined ? {} : { field: extra.field }),
    };
  }
}
