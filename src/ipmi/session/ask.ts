/** One question outside of a session, asked again until it is answered. */

import { IpmiError } from '../errors.ts';
import { waitAfter } from '../time.ts';
import type { Cancel, Patience, Random, Time } from '../time.ts';
import type { Arrival, Line } from './lines.ts';

export interface Waiting {
  readonly time: Time;
  readonly random: Random;
  readonly patience: Patience;
}

/** What came is wrong in a way that may be an accident on its way: ask again, at once. */
export class Doubt {
  /** What it means if nothing better comes. */
  readonly meaning: IpmiError;

  constructor(meaning: IpmiError) {
    this.meaning = meaning;
  }
}

/**
 * Sends the same bytes as often as patience has it. `accept` gives what an arrival answers,
 * undefined for what is no answer to this, a doubt, and throws what a refusal means. The second
 * doubt is believed. Rejects with `no-answer` or `network`.
 */
export const ask = <T>(
  line: Line,
  bytes: Buffer,
  accept: (arrival: Arrival) => T | Doubt | undefined,
  { time, random, patience }: Waiting,
): Promise<T> =>
  new Promise((resolve, reject) => {
    let cancel: Cancel = () => undefined;
    let transmissions = 0;
    let sendError: Error | undefined;
    let doubt: IpmiError | undefined;
    const end = (settle: () => void): void => {
      cancel();
      line.listen(() => undefined);
      settle();
    };
    const transmit = (): void => {
      sendError = undefined;
      line.send(bytes, (error) => {
        sendError = error;
      });
      cancel = time.after(waitAfter(patience, transmissions++, random), () => {
        if (transmissions < patience.attempts) return transmit();
        end(() => reject(doubt ?? silence(sendError)));
      });
    };
    line.listen((arrival) => {
      const answer = judged(accept, arrival);
      if (answer instanceof Refusal) return end(() => reject(answer.error));
      if (!(answer instanceof Doubt)) {
        if (answer !== undefined) end(() => resolve(answer));
        return;
      }
      if (doubt !== undefined) return end(() => reject(answer.meaning));
      doubt = answer.meaning;
      cancel();
      transmit();
    });
    transmit();
  });

class Refusal {
  readonly error: IpmiError;

  constructor(error: IpmiError) {
    this.error = error;
  }
}

/** What is not well-formed answers nothing: it is thrown on, and something better may still come. */
const judged = <T>(
  accept: (arrival: Arrival) => T | Doubt | undefined,
  arrival: Arrival,
): T | Doubt | Refusal | undefined => {
  try {
    return accept(arrival);
  } catch (error) {
    if (!(error instanceof IpmiError) || error.reason === 'malformed') throw error;
    return new Refusal(error);
  }
};

/** Why there was no answer, as far as this machine knows. */
export const silence = (sendError: Error | undefined): IpmiError =>
  sendError === undefined
    ? new IpmiError('no-answer', 'the BMC does not answer')
    : new IpmiError('network', 'this machine cannot send to the BMC', { cause: sendError });
