/** What is answered and logged of commands that the log refuses, or a takeover: many at a time. */

import t from 'tap';
import { AnsweredProblems } from '../../src/api/problems.ts';
import {
  AppendFailedError,
  LogBusyError,
  LogUnavailableError,
  OutcomeUnknownError,
} from '../../src/log/log.ts';
import { NotLeadingError } from '../../src/station/leadership/standing.ts';
import { OwnCommands } from '../../src/station/duties/own-commands.ts';
import type { StationLogger } from '../../src/station/logger.ts';
import type { Result } from '../../src/station/result.ts';

const logger = () => {
  const lines: [string, object, string][] = [];
  const line =
    (level: string) =>
    (details: object, message: string): void =>
      void lines.push([level, details, message]);
  const log: StationLogger = { info: line('info'), warn: line('warn'), error: line('error') };
  return { lines, log };
};

/** Asks for the answer to an error, as the server does. */
const answering = () => {
  const { lines, log } = logger();
  const problems = new AnsweredProblems();
  const raw = { headers: {}, complete: true } as never;
  const answer = (error: Error) => problems.answerTo(error, { raw, id: 'urn', log: log as never })!;
  return { lines, answer };
};

t.test('of each kind of refusal one line is logged, without a stack', async (t) => {
  const { lines, answer } = answering();
  const away = new LogUnavailableError('no server answers');
  const errors = () => [
    new LogBusyError(3),
    new NotLeadingError(null),
    new OutcomeUnknownError('cut off'),
    new AppendFailedError('no server answers', { cause: away }),
    new AppendFailedError('no space left'),
  ];
  for (let i = 0; i < 200; i += 1) for (const error of errors()) answer(error);
  t.same(
    lines.map(([level, { code }]: [string, { code?: string }, string]) => [level, code]),
    ['log-busy', 'not-leading', 'outcome-unknown', 'log-away', 'append-failed'].map((code) => [
      'warn',
      code,
    ]),
  );
  for (const [, details] of lines) {
    t.notOk('err' in details);
    t.notMatch(JSON.stringify(details), /\.ts:\d+/);
    t.type((details as { why?: string }).why, 'string');
  }
  answer(new TypeError('a bug'));
  t.match(lines.at(-1), ['error', { err: { message: 'a bug' } }], 'what is none is told whole');
});

t.test('while the log cannot be asked, the station is not available for a while', async (t) => {
  const { answer } = answering();
  const { status, headers, body } = answer(new LogUnavailableError('no server answers'));
  t.equal(status, 503);
  t.match(headers['retry-after'], /^\d+$/);
  t.match(JSON.parse(body), { code: 'log-away', detail: /^no server answers/ });
});

t.test(
  'what the station tries again and again is said once, until the log takes one',
  async (t) => {
    const { lines, log } = logger();
    let error: Error | null = new LogBusyError(1);
    const own = new OwnCommands({
      submit: () =>
        error
          ? Promise.reject(error)
          : Promise.resolve({ ok: true, revision: 1, changed: true, reply: null } as Result<null>),
      premises: { trouble: undefined },
      logger: log,
    });
    own.start();
    const attempt = () => own.attempt({ type: 'Tick' } as never);
    for (let i = 0; i < 10; i += 1) t.equal(await attempt(), false);
    error = new OutcomeUnknownError('cut off');
    for (let i = 0; i < 10; i += 1) await attempt();
    t.same(
      lines.map(([level, { code }]: [string, { code?: string }, string]) => [level, code]),
      [
        ['warn', 'log-busy'],
        ['warn', 'outcome-unknown'],
      ],
    );
    t.notOk(lines.some(([, details]) => 'err' in details));
    error = null;
    t.equal(await attempt(), true);
    error = new LogBusyError(1);
    await attempt();
    t.equal(lines.length, 3, 'it is said again when it begins again');
  },
);
