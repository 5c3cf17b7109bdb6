/** Long work, followed to its end and told. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '../client/client.ts';
import { ApiError, UnreachableError } from '../client/errors.ts';
import type { Operation } from '../client/types.ts';
import {
  carriedOut,
  goesOn,
  howOrderEnded,
  isOfMachine,
  isUnderWay,
  ofKind,
  progressOf,
} from '../client/view/operation-words.ts';
import type { JsonFlag } from './command.ts';
import { Failure } from './exit-codes.ts';
import { summary } from './explanation.ts';
import { formatTable } from './output/table.ts';
import { counted, formatJson, formatTime, printable } from './output/text.ts';
import { printLines } from './shell.ts';
import type { Shell } from './shell.ts';

/** How long one answer is held back, in seconds: below what proxies and clients give up after. */
const patience = 5;
/** For how long a station that does not answer is asked again, and how often, ms. */
const awayMax = 60_000;
const awayPause = 500;

/**
 * Waits until an operation is over, through restarts of the station, and shows progress on a
 * terminal. Whoever stops waiting is told that the work goes on.
 *
 * @throws {Failure} no station answered for a minute
 */
export const settle = async (
  shell: Shell,
  client: Client,
  begun: Operation,
  { isOnly = true, awayMs = awayMax }: { isOnly?: boolean; awayMs?: number } = {},
): Promise<Operation> => {
  const { id } = begun;
  const shows = shell.progress && isOnly;
  let operation = begun;
  let away: number | undefined;
  while (isUnderWay(operation)) {
    if (shows) shell.say(`\r\u001b[K${progressOf(operation)}`);
    try {
      operation = await client.operation(id, patience, { signal: shell.signal });
      away = undefined;
    } catch (error) {
      if (shell.signal.aborted && isOnly)
        shell.say(
          `${shows ? '\r\u001b[K' : ''}Operation ${id} goes on. ${howToFollow(id)}${howToEnd(begun)}\n`,
        );
      if (!isAway(error)) throw error;
      if (away === undefined && isOnly)
        shell.say(`${reasonOf(error)}; operation ${id} goes on, and is followed again.\n`);
      away ??= performance.now();
      if (performance.now() - away >= awayMs)
        throw new Failure(
          'unreachable',
          `no station has answered for ${Math.round(awayMs / 1000)} s; operation ${id} goes on: ${summary(error)}`,
          howToFollow(id),
        );
      await pause(awayPause, undefined, { signal: shell.signal });
    }
  }
  if (shows) shell.say('\r\u001b[K');
  return operation;
};

/** What many wait for is ended otherwise than by not waiting for it. */
const howToEnd = ({ kind, id }: Operation): string =>
  kind === 'campaign' ? `; begin no more of it: halctl operation cancel ${id}` : '';

const howToFollow = (id: number): string => `Follow it with: halctl operation ${id}`;

/** Nobody is there, or only a proxy, or a station that comes up, goes down or has too much to do. */
const isAway = (error: unknown): boolean =>
  error instanceof UnreachableError ||
  (error instanceof ApiError && [429, 502, 503, 504].includes(error.status));

const reasonOf = (error: unknown): string =>
  error instanceof UnreachableError ? 'No station answers' : summary(error);

/** Of what has several stages, how each is. */
const stageLines = ({ stages }: Operation, width: number | undefined): string[] =>
  stages.length === 0
    ? []
    : formatTable<Operation['stages'][number]>(
        [
          { title: 'STAGE', value: ({ name }) => name },
          { title: 'STATE', value: ({ state }) => state },
          { title: 'BEGAN', value: ({ began }) => (began === null ? '-' : formatTime(began)) },
          { title: 'NOTE', value: ({ detail }) => detail, yields: 1 },
        ],
        stages,
        width,
      );

export const sayWarningsOf = (shell: Shell, { warnings }: Operation): void => {
  for (const warning of warnings) shell.say(`Warning: ${printable(warning)}\n`);
};

export const reportOperation = (shell: Shell, flags: JsonFlag, operation: Operation): void => {
  if (flags.json) shell.print(formatJson(operation));
  else printLines(shell, resultLines(operation, shell.width));
  if (!flags.json) sayWarningsOf(shell, operation);
  refuseFailed(operation);
};

/** Ends the command as the operation ended. */
export const refuseFailed = (operation: Operation): void => {
  const { failed, total, done, kind, subject, state } = operation;
  if (state === 'failed' && kind === 'remove') {
    const [first] = failed;
    const why = first ? ` (${first.fid}: ${first.reason})` : '';
    throw new Failure(
      'failed',
      `${total - done} of ${counted(total, 'process')} refused to leave${why}; ${subject} stays with them`,
      'End or stop what refuses, then repeat the command; what --force does is in its --help.',
      operation,
    );
  }
  if (kind === 'campaign' && (state === 'failed' || state === 'cancelled'))
    throw new Failure(
      'failed',
      `${subject}: ${operation.problem ?? operation.stage}`,
      `See each of them: halctl operation machines ${operation.id}`,
      operation,
    );
  const [order] = failed;
  if (state === 'failed' && operation.stages.length > 0)
    throw new Failure(
      'failed',
      `${kind} of ${subject} failed: ${operation.problem ?? operation.stage}`,
      'What was done of it stands; see how the machine is: halctl obm holder HOST',
      operation,
    );
  if ((state === 'failed' || state === 'interrupted') && order?.fid === null)
    throw new Failure(
      'failed',
      howOrderEnded(order),
      'See how the machine is: halctl obm power status HOST',
      operation,
    );
  if (state === 'failed')
    throw new Failure(
      'failed',
      `${failed.length} of ${counted(total, 'process')} did not get there`,
      'See why: halctl why FID; what a process wrote: halctl cluster process logs FID',
      operation,
    );
  if (state === 'cancelled')
    throw new Failure(
      'failed',
      operation.problem ?? 'somebody wanted the opposite meanwhile',
      undefined,
      operation,
    );
};

type Straggler = Operation['failed'][number];

/** Of many machines, how far it is, and those that failed. */
const campaignLines = (operation: Operation, width: number | undefined): string[] => {
  const { id, subject, stage, failed } = operation;
  const how = isUnderWay(operation)
    ? `Operation ${id} goes on: ${stage}. ${howToFollow(id)}${howToEnd(operation)}`
    : `${subject}: ${stage}.`;
  if (failed.length === 0) return [how];
  return [
    how,
    ...formatTable<Straggler>(
      [
        { title: 'HOST', value: ({ host }) => host },
        { title: 'STATE', value: (one) => one.state },
        { title: 'REASON', value: ({ reason }) => reason, yields: 1 },
      ],
      failed,
      width,
    ),
  ];
};

/** What became of an operation, and what is not where it was wanted. */
export const resultLines = (operation: Operation, width: number | undefined): string[] => {
  const { id, kind, state, stage, done, total, failed, waiting } = operation;
  if (kind === 'none') return ['Nothing had to be done.'];
  if (kind === 'remove' && state === 'succeeded') return [`Removed ${operation.subject}.`];
  if (kind === 'campaign') return campaignLines(operation, width);
  const left = isUnderWay(operation) ? waiting : failed;
  const isOrder = isOfMachine(operation);
  if (isOrder && state === 'succeeded') {
    const more = stage === carriedOut || operation.stages.length > 0 ? '' : `; ${stage}`;
    return [`${operation.subject}: ${ofKind(kind).ed}${more}.`];
  }
  if (isOrder && !isUnderWay(operation)) return stageLines(operation, width);
  if (isOrder)
    return [
      `Operation ${id} ${goesOn(operation)}: ${left[0]?.name ?? kind} of ${operation.subject}. ${howToFollow(id)}`,
      ...stageLines(operation, width),
    ];
  const summary = `${done} of ${counted(total, 'process')} ${ofKind(kind).ed}`;
  const head = isUnderWay(operation)
    ? `Operation ${id} goes on: ${summary}. ${howToFollow(id)}`
    : `${state === 'succeeded' ? 'Done' : 'Ended'}: ${summary}.`;
  if (left.length === 0) return [head];
  return [
    head,
    ...formatTable<Straggler>(
      [
        { title: 'FID', value: ({ fid }) => fid ?? '-' },
        { title: 'STATE', value: (one) => one.state },
        { title: 'NAME', value: ({ name }) => name, yields: 2 },
        { title: 'HOST', value: ({ host }) => host, yields: 1 },
        { title: 'REASON', value: ({ reason }) => reason, yields: 3 },
      ],
      left,
      width,
    ),
  ];
};
