/** Which exit code an error has, and what is said about it. */

import t from 'tap';
import { ApiError, UnreachableError } from '../../src/client/errors.ts';
import type { ProblemDetails } from '../../src/client/types.ts';
import {
  endingOf,
  exitCodes,
  exitMeanings,
  Failure,
  Interrupted,
} from '../../src/cli/exit-codes.ts';
import { explain } from '../../src/cli/explanation.ts';

const problem = (status: number, code: string, more: Partial<ProblemDetails> = {}): ApiError =>
  new ApiError({
    type: 'about:blank',
    title: 'a title',
    status,
    code,
    detail: 'a detail',
    ...more,
  });

const endings: readonly (readonly [number, string, number])[] = [
  [400, 'invalid-request', 2],
  [401, 'unauthenticated', 6],
  [403, 'forbidden', 6],
  [403, 'identity-mismatch', 6],
  [404, 'unknown-host', 3],
  [404, 'unknown-process', 3],
  [404, 'not-found', 3],
  [409, 'no-free-endpoint', 4],
  [409, 'environment-range-exhausted', 4],
  [409, 'cluster-not-loaded', 4],
  [412, 'revision-mismatch', 4],
  [413, 'body-too-large', 4],
  [422, 'invalid-files', 4],
  [422, 'unknown-override', 4],
  [500, 'internal', 1],
  [502, 'unexpected-answer', 1],
  [502, 'something', 5],
  [429, 'too-many-requests', 1],
  [503, 'log-busy', 1],
  [503, 'outcome-unknown', 1],
  [507, 'append-failed', 1],
];

t.test('what the station answers decides the exit code', async (t) => {
  for (const [status, code, exit] of endings)
    t.equal(exitCodes[endingOf(problem(status, code))], exit, `${status} ${code}`);
});

t.test('what happens before or instead of an answer has its exit code too', async (t) => {
  t.equal(exitCodes[endingOf(new UnreachableError([]))], 5);
  t.equal(exitCodes[endingOf(new Failure('usage', 'x'))], 2);
  t.equal(exitCodes[endingOf(new Interrupted())], 130);
  t.equal(exitCodes[endingOf(new Error('disk full'))], 1);
  t.equal(exitCodes[endingOf('thrown text')], 1);
});

t.test('no two endings share a code, and each is documented', async (t) => {
  t.equal(new Set(Object.values(exitCodes)).size, Object.keys(exitCodes).length);
  t.same(Object.keys(exitMeanings), Object.keys(exitCodes));
});

t.test('an error says what happened, its code, and what to do next', async (t) => {
  t.same(explain(problem(404, 'unknown-host', { detail: 'there is no host x' })), [
    'halctl: there is no host x (unknown-host)',
    'See which hosts there are: halctl system node list',
  ]);
  t.same(explain(new Failure('usage', 'no station is given', 'Use --station.')), [
    'halctl: no station is given',
    'Use --station.',
  ]);
});

t.test('errors in files stand where editors find them', async (t) => {
  const errors = [
    {
      file: 'facts.yaml',
      line: 3,
      column: 5,
      path: 'hosts[0].fqdn',
      message: 'Bad name.',
      expected: 'a name',
    },
    { file: 'facts.yaml', line: 9, column: 1, path: '', message: 'Odd.' },
  ];
  t.same(
    explain(problem(422, 'invalid-files', { detail: '2 errors; nothing was loaded', errors })),
    [
      'facts.yaml:3:5: hosts[0].fqdn: Bad name. (expected a name)',
      'facts.yaml:9:1: Odd.',
      'halctl: 2 errors; nothing was loaded (invalid-files)',
    ],
  );
});

t.test('the one place that the message is about is not told twice', async (t) => {
  const errors = [
    { file: 'roles.yaml', line: 7, column: 1, path: 'lnid', message: 'no variable "lnid"' },
  ];
  const [first] = explain(
    problem(422, 'unknown-variable', { detail: 'no variable "lnid"', errors }),
  );
  t.equal(first, 'halctl: roles.yaml:7:1: lnid: no variable "lnid" (unknown-variable)');
});

t.test('a failure of the station names the request, for its log', async (t) => {
  const [first] = explain(problem(500, 'internal', { instance: 'urn:uuid:1' }));
  t.equal(first, 'halctl: a detail (internal, request urn:uuid:1)');
});

t.test('every station that was tried is named', async (t) => {
  const lines = explain(
    new UnreachableError([
      { url: 'http://a:7400', cause: 'connection refused' },
      { url: 'http://b:7400', cause: 'no answer within 30 s' },
    ]),
  );
  t.same(lines.slice(0, 2), [
    'halctl: cannot reach http://a:7400: connection refused',
    'halctl: cannot reach http://b:7400: no answer within 30 s',
  ]);
  t.match(lines[2], /running/);
});
