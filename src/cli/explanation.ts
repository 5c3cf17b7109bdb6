/** Errors in words: what happened, and what to do next. */

import { ApiError, UnreachableError } from '../client/errors.ts';
import type { ProblemDetails } from '../client/types.ts';
import { Failure } from './exit-codes.ts';
import { printable } from './output/text.ts';

/** What to do about the errors that one can do something about. */
const advice: Readonly<Record<string, string>> = {
  unauthenticated:
    'Give a valid token: halctl config set-context, HALCYON_TOKEN, HALCYON_TOKEN_FILE or --token-file.',
  forbidden: 'See what your token allows: halctl auth whoami',
  'identity-mismatch': 'See whom your token speaks for: halctl auth whoami',
  'cluster-not-loaded': 'Load the cluster first: halctl cluster load -f facts.yaml -r roles/',
  'unknown-group': 'See which groups there are: halctl group list',
  'unknown-host': 'See which hosts there are: halctl system node list',
  'unknown-node': 'See which nodes there are: halctl cluster node list',
  'unknown-process': 'See which processes there are: halctl cluster process list',
  'unknown-credential': 'See which tokens there are: halctl auth token list',
  'login-refused': 'Try again; whoever has lost the password asks an administrator.',
  'user-locked': 'Wait, or have an administrator let you in: halctl auth user enable NAME',
  'code-refused': 'See that your clock and that of the device are right, then try again.',
  'code-used': 'Wait for the next code.',
  'unknown-user': 'See which there are: halctl auth user list',
  'not-allowed': 'See what your token allows: halctl auth whoami',
  'step-up-needed':
    'Take up a grant: halctl auth elevate --action power --scope NODESET --reason TEXT',
  'too-many-grants': 'See them: halctl auth grant list; end one: halctl auth grant revoke ID',
  'unknown-grant': 'See which grants there are: halctl auth grant list',
  'unknown-project': 'See which projects there are: halctl project list',
  'project-in-use': 'See them: halctl project show PROJECT; take them back: halctl project detach',
  'machine-not-attached': 'See which machines it has: halctl project show PROJECT',
  'not-a-member':
    'Issue one for projects: halctl auth token create NAME --project PROJECT --role ROLE',
  'obm-enabled': 'Disable it: halctl obm disable HOST',
  'obm-not-registered': 'Register it: halctl obm register HOST --obmd URL --admin-token-file FILE',
  'obm-registered': 'Unregister it first: halctl obm unregister HOST',
  'obm-disabled': 'Enable it: halctl obm enable HOST',
  'too-many-connections': 'See them: halctl obm console HOST --list; end one: --revoke ID',
  'right-ended': 'See what your token allows: halctl auth whoami',
  'no-console': 'See which OBMs have one: docs/obm-drivers.md',
  'too-many-orders': 'Wait until some have ended.',
  'obm-changed': 'See how it is: halctl obm show HOST',
  'obmd-away': 'See whether the OBM daemon runs, then repeat the command.',
  'obmd-silent': 'See how the OBM daemon is, then repeat the command, which puts it right.',
  'obmd-failed': 'See the log of the OBM daemon, then repeat the command.',
  'obmd-lost': 'Register it again: halctl obm register HOST --type TYPE …',
  'obmd-not-let-in':
    'Give the token of its administrator: halctl obm register HOST --admin-token-file FILE …',
  'too-many-projects': 'See them: halctl project list; delete one: halctl project delete PROJECT',
  'unknown-variable': 'Give the variable a value: --set NAME=VALUE',
  'revision-mismatch':
    'Look at what has changed (halctl events), then repeat with the revision of now, or without --if-match.',
  'too-many-keys':
    'Wait a moment, and ask for more at once: one command takes many hosts, and many processes.',
  'too-many-hosts': 'See them: halctl system node list; remove one: halctl system node remove HOST',
  'too-many-tokens': 'See them: halctl auth token list; end one: halctl auth token revoke ID',
  'idempotency-key-reused': 'Use another --idempotency-key, or none.',
  'no-free-endpoint': 'Remove processes that are not needed: halctl cluster process remove FID',
  'process-busy': 'Let its owner end it and report it: halctl cluster process state FID offline',
  'process-required': 'Stop or remove what requires it first, or use --force.',
  'quorum-lost': 'Start another confd first, or use --force.',
  'environment-range-exhausted':
    'Remove processes that are not needed from the host, or widen the range in the role and load it again.',
  'agent-away': 'See how the host is: halctl cluster status --only-problems',
  'agent-silent': 'See how the host is: halctl cluster status --only-problems',
  'too-many-viewers': 'Try again when somebody has looked enough.',
  'log-busy': 'Try again in a moment.',
  'too-many-requests': 'Try again in a moment, or ask for less at a time.',
  'outcome-unknown':
    'It may have been done. Look at it, or repeat the request with its idempotency key.',
  'append-failed':
    "See whether there is room where the log is: halctl system station status; the station's log says more.",
  'log-away': 'See which stations reach it: halctl system station list',
  'no-leader': 'See which stations there are: halctl system station list',
  'not-leading': 'See who leads: halctl system station list',
  internal: "Look for the request in the station's log.",
  'unexpected-answer': 'Check the URL of the station: halctl config current',
};

/** `facts.yaml:3:5: hosts[0].fqdn: There is … (expected …)`. */
const problemLine = (problem: NonNullable<ProblemDetails['errors']>[number]): string => {
  const { file, line, column, path, message, expected } = problem;
  const place = path === '' ? '' : `${path}: `;
  return printable(
    `${file}:${line}:${column}: ${place}${message}${expected === undefined ? '' : ` (expected ${expected})`}`,
  );
};

export const problemLines = (problems: ProblemDetails['errors']): string[] =>
  (problems ?? []).map(problemLine);

/** One line of what happened. */
export const summary = (error: unknown): string => {
  if (error instanceof ApiError) {
    const { code, status, problem } = error;
    // What the station's log knows more about; where it refuses for others, that is all there is.
    const isLogged = status >= 500 && ![502, 503, 504].includes(status);
    const request =
      isLogged && problem.instance !== undefined ? `, request ${problem.instance}` : '';
    return printable(`${error.message} (${code}${request})`);
  }
  return printable(error instanceof Error ? error.message : String(error));
};

/** What to do next, where there is something. */
export const adviceFor = (error: unknown): string[] => {
  if (error instanceof ApiError) return [advice[error.code] ?? []].flat();
  if (error instanceof UnreachableError) return [error.advice];
  return error instanceof Failure && error.advice !== undefined ? [error.advice] : [];
};

const happened = (error: unknown): string[] => {
  if (error instanceof UnreachableError)
    return error.attempts.map(
      ({ url, cause }) => `halctl: cannot reach ${url}: ${printable(cause)}`,
    );
  if (!(error instanceof ApiError)) return [`halctl: ${summary(error)}`];
  const { errors = [], field } = error.problem;
  const [first] = errors;
  // Where a single place is to blame, the message is about it already: only the place is news.
  if (first && errors.length === 1 && error.message.includes(first.message))
    return [`halctl: ${problemLine(first)} (${error.code})`];
  const names =
    field !== undefined && error.code === 'invalid-request' && !error.message.includes(field);
  return [
    ...problemLines(errors),
    `halctl: ${summary(error)}`,
    ...(names ? [`The station objects to: ${printable(field)}`] : []),
  ];
};

/** Everything to say about an error, line by line: what happened, then what to do next. */
export const explain = (error: unknown): string[] => [...happened(error), ...adviceFor(error)];
