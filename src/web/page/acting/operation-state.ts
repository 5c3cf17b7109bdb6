/** How an operation and its stages are, as a sign, a word and a colour. */

import type { Tone } from '../../../checks/view/columns.ts';
import type { Operation } from '../../../client/types.ts';
import {
  carriedOut,
  howOrderEnded,
  isOfMachine,
  isUnderWay,
  ofKind,
  progressOf,
} from '../../../client/view/operation-words.ts';
import { counted } from '../../../client/view/words.ts';

export interface Look {
  readonly sign: string;
  readonly tone: Tone;
}

const looks: Readonly<Record<string, Look>> = {
  'to-come': { sign: '○', tone: 'faint' },
  waiting: { sign: '○', tone: 'faint' },
  queued: { sign: '○', tone: 'busy' },
  running: { sign: '◐', tone: 'busy' },
  done: { sign: '✔', tone: 'good' },
  succeeded: { sign: '✔', tone: 'good' },
  failed: { sign: '✘', tone: 'bad' },
  interrupted: { sign: '?', tone: 'bad' },
  cancelled: { sign: '⊘', tone: 'plain' },
  skipped: { sign: '↷', tone: 'faint' },
  'left-out': { sign: '↷', tone: 'faint' },
};

/** Of the state of an operation, one of its stages, or a machine of a campaign. */
export const lookOf = (state: string): Look => looks[state] ?? { sign: '·', tone: 'plain' };

/** How it is in a sentence, while it runs and when it is over. */
export const sentenceOf = (operation: Operation): string => {
  const { kind, state, stage, subject, problem, failed, done, total } = operation;
  if (kind === 'none') return 'Nothing had to be done.';
  if (isUnderWay(operation)) return progressOf(operation);
  const [order] = failed;
  if (kind === 'campaign') return `${subject}: ${problem ?? stage}.`;
  if (state === 'succeeded' && (isOfMachine(operation) || kind === 'remove')) {
    const more =
      stage === carriedOut || stage === '' || operation.stages.length > 0 ? '' : `; ${stage}`;
    return `${subject}: ${ofKind(kind).ed}${more}.`;
  }
  if (problem !== null) return `${kind} of ${subject} ${state}: ${problem}`;
  if (order?.fid === null && isOfMachine(operation)) return howOrderEnded(order);
  return `${done} of ${counted(total, 'process')} ${ofKind(kind).ed}.`;
};
