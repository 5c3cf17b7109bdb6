/**
 * What the exit code of `halctl` tells a script. This is the one table; the reference is made from
 * it.
 */

import { ApiError, UnreachableError } from '../client/errors.ts';

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  rejected: 4,
  unreachable: 5,
  notAllowed: 6,
  interrupted: 130,
} as const;

export type Ending = keyof typeof exitCodes;

/** What each code means, for the reference. */
export const exitMeanings: { readonly [E in Ending]: string } = {
  done: 'done',
  failed:
    'failed: the station or this machine has a problem; with several hosts, they failed in different ways',
  usage: 'used wrongly: an argument, a file or the configuration of halctl is not as it must be',
  notFound: 'not found: what the command names does not exist',
  rejected: 'rejected by a rule: nothing was changed',
  unreachable: 'unreachable: no station answered',
  notAllowed: 'not allowed: no valid token, or one without the role',
  interrupted: 'interrupted by Ctrl-C',
};

/** HTTP statuses of errors; others mean `failed`. */
const byStatus: Readonly<Record<number, Ending>> = {
  400: 'usage',
  401: 'notAllowed',
  403: 'notAllowed',
  404: 'notFound',
  409: 'rejected',
  412: 'rejected',
  413: 'rejected',
  422: 'rejected',
  502: 'unreachable',
  504: 'unreachable',
};

/** Codes that say more than their status. */
const byCode: Readonly<Record<string, Ending>> = {
  'unexpected-answer': 'failed',
};

/** A failure of halctl's own: nobody was asked, or asking was of no use. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly ending: Ending;
  /** What to do next. */
  readonly advice: string | undefined;
  /** What the station answered, where it did. */
  readonly reply: unknown;

  constructor(ending: Ending, message: string, advice?: string, reply?: unknown) {
    super(message);
    this.ending = ending;
    this.advice = advice;
    this.reply = reply;
  }
}

/** Ctrl-C. */
export class Interrupted extends Failure {
  constructor() {
    super('interrupted', 'interrupted');
  }
}

/** A command that halctl ran did not end well; its exit code becomes that of halctl. */
export class CommandEnding extends Error {
  override readonly name = 'CommandEnding';
  readonly code: number;
  /** Whether nobody has said so yet: the command could not. */
  readonly isToSay: boolean;

  constructor(message: string, code: number, isToSay = false) {
    super(message);
    this.code = code;
    this.isToSay = isToSay;
  }
}

export const endingOf = (error: unknown): Ending => {
  if (error instanceof Failure) return error.ending;
  if (error instanceof UnreachableError) return 'unreachable';
  if (error instanceof ApiError) return byCode[error.code] ?? byStatus[error.status] ?? 'failed';
  return 'failed';
};
