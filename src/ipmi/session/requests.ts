/**
 * The requests of one session: one after the other, each matched to its answer.
 *
 * What is repeatable is sent again, with the same sequence number, so that an answer to any of its
 * transmissions will do. An order is sent exactly once, whatever happens. While its answer is late
 * others have their turn, for they may find out what became of it; but no second order has.
 */

import { isPassing, refusalOf } from '../commands/command.ts';
import type { Command } from '../commands/command.ts';
import { IpmiError } from '../errors.ts';
import { encodeRequest } from '../packet/message.ts';
import type { ResponseMessage } from '../packet/message.ts';
import { Octets } from '../packet/octets.ts';
import { waitAfter } from '../time.ts';
import type { Cancel, Patience } from '../time.ts';
import { silence } from './ask.ts';
import type { Waiting } from './ask.ts';

export interface RequestSettings extends Waiting {
  readonly patience: Patience;
  readonly orderPatienceMs: number;
  readonly queueMax: number;
}

export interface Way {
  /** @param failed called where the message cannot have left this machine */
  send(message: Buffer, failed: (error: Error) => void): void;
  /** A repeatable request had no answer. */
  silent(): void;
}

interface Entry {
  readonly command: Command<never, unknown>;
  readonly data: Buffer;
  readonly resolve: (data: Buffer) => void;
  readonly reject: (error: IpmiError) => void;
  sequence: number;
  transmissions: number;
  sendError: Error | undefined;
  cancels: Cancel[];
}

const sequences = 64;

export class Requests {
  readonly #way: Way;
  readonly #settings: RequestSettings;
  readonly #queue: Entry[] = [];
  /** Sent and not answered, by their sequence numbers. */
  readonly #sent = new Map<number, Entry>();
  #turn: Entry | null = null;
  #sequence: number;
  #ended: IpmiError | null = null;

  constructor(way: Way, settings: RequestSettings) {
    this.#way = way;
    this.#settings = settings;
    this.#sequence = settings.random(1).readUInt8(0) % sequences;
  }

  get isIdle(): boolean {
    return this.#turn === null && this.#queue.length === 0 && this.#sent.size === 0;
  }

  /**
   * @param first whether it goes before all that wait
   * @param signal aborted when nobody wants the answer any more: then it rejects with `closed`. What
   * was sent stays sent.
   */
  async ask<Q, A>(
    command: Command<Q, A>,
    request: Q,
    { first = false, signal }: { first?: boolean; signal?: AbortSignal | undefined } = {},
  ): Promise<A> {
    if (this.#ended !== null) throw this.#ended;
    if (signal?.aborted === true) throw unwanted(command);
    if (this.#queue.length >= this.#settings.queueMax && !first)
      throw new IpmiError('limit', `more than ${this.#settings.queueMax} requests are waiting`);
    const data = command.encode(request);
    let forget = (): void => undefined;
    const answered = new Promise<Buffer>((resolve, reject) => {
      const entry: Entry = {
        ...{ command, data, resolve, reject },
        ...{ sequence: 0, transmissions: 0, sendError: undefined, cancels: [] },
      };
      if (first) this.#queue.unshift(entry);
      else this.#queue.push(entry);
      forget = () => this.#forget(entry);
      signal?.addEventListener('abort', forget);
      this.#next();
    });
    const answer = await answered.finally(() => signal?.removeEventListener('abort', forget));
    return command.decode(new Octets(answer, `answer to ${command.name}`));
  }

  /** What has arrived from the BMC; what answers nothing is left alone. */
  arrived(response: ResponseMessage): void {
    const entry = this.#sent.get(response.sequence);
    if (entry === undefined) return;
    const { netFn, code, repeatable } = entry.command;
    if (response.netFn !== netFn || response.code !== code) return;
    this.#withdraw(entry);
    const { completion } = response;
    if (completion === 0) entry.resolve(Buffer.from(response.data));
    else if (repeatable && isPassing(completion) && this.#mayTryAgain(entry))
      return this.#tryAgain(entry);
    else entry.reject(refusalOf(entry.command, completion));
    this.#passOn(entry);
  }

  /** Nothing is sent any more; whoever waits is told why. Of orders nobody knows. */
  end(error: IpmiError): void {
    if (this.#ended !== null) return;
    this.#ended = error;
    const sent = [...this.#sent.values()];
    const waiting = this.#queue.splice(0);
    // One that is about to be tried again has the turn, and is not sent.
    if (this.#turn !== null && !sent.includes(this.#turn)) waiting.push(this.#turn);
    for (const entry of [...sent, ...waiting]) {
      this.#withdraw(entry);
      const isOut = sent.includes(entry) && !entry.command.repeatable;
      entry.reject(isOut ? unknownOutcome(entry, error) : error);
    }
  }

  #forget(entry: Entry): void {
    const at = this.#queue.indexOf(entry);
    if (at >= 0) this.#queue.splice(at, 1);
    this.#withdraw(entry);
    entry.reject(unwanted(entry.command));
    this.#passOn(entry);
  }

  #next(): void {
    if (this.#turn !== null || this.#ended !== null) return;
    const isOrderOut = [...this.#sent.values()].some(({ command }) => !command.repeatable);
    const at = this.#queue.findIndex(({ command }) => command.repeatable || !isOrderOut);
    const [entry] = at < 0 ? [] : this.#queue.splice(at, 1);
    if (entry !== undefined) this.#begin(entry);
  }

  #begin(entry: Entry): void {
    this.#turn = entry;
    do this.#sequence = (this.#sequence + 1) % sequences;
    while (this.#sent.has(this.#sequence));
    entry.sequence = this.#sequence;
    this.#sent.set(entry.sequence, entry);
    if (entry.command.repeatable) this.#transmit(entry);
    else this.#order(entry);
  }

  #transmit(entry: Entry): void {
    const { time, random, patience } = this.#settings;
    entry.sendError = undefined;
    this.#send(entry, (error) => {
      entry.sendError = error;
    });
    const wait = waitAfter(patience, entry.transmissions++, random);
    const later = (): void => {
      if (this.#mayTryAgain(entry)) return this.#transmit(entry);
      this.#withdraw(entry);
      entry.reject(silence(entry.sendError));
      this.#way.silent();
      this.#passOn(entry);
    };
    entry.cancels = [time.after(wait, later)];
  }

  #order(entry: Entry): void {
    const { time, patience, orderPatienceMs } = this.#settings;
    const giveUp = (error: IpmiError): void => {
      this.#withdraw(entry);
      entry.reject(error);
      this.#passOn(entry);
    };
    entry.cancels = [
      time.after(patience.firstMs, () => this.#passOn(entry)),
      time.after(orderPatienceMs, () => giveUp(unknownOutcome(entry))),
    ];
    this.#send(entry, (error) => {
      // Only while it is out: what was answered has left.
      if (this.#sent.get(entry.sequence) === entry) giveUp(silence(error));
    });
  }

  #send({ command, sequence, data }: Entry, failed: (error: Error) => void): void {
    const { netFn, lun = 0, code } = command;
    this.#way.send(encodeRequest({ netFn, lun, code, sequence, data }), failed);
  }

  #mayTryAgain(entry: Entry): boolean {
    return entry.transmissions < this.#settings.patience.attempts;
  }

  /** After an answer that may be another one soon; it is a new request, so it has a new number. */
  #tryAgain(entry: Entry): void {
    const { time, random, patience } = this.#settings;
    const wait = waitAfter(patience, entry.transmissions - 1, random);
    entry.cancels = [time.after(wait, () => this.#begin(entry))];
  }

  #withdraw(entry: Entry): void {
    for (const cancel of entry.cancels) cancel();
    entry.cancels = [];
    if (this.#sent.get(entry.sequence) === entry) this.#sent.delete(entry.sequence);
  }

  /** Gives the turn to the next, if it is this one's. */
  #passOn(entry: Entry): void {
    if (this.#turn === entry) this.#turn = null;
    this.#next();
  }
}

const unwanted = ({ name }: { readonly name: string }): IpmiError =>
  new IpmiError('closed', `${name}: the answer is not waited for any more`);

const unknownOutcome = ({ command }: Entry, cause?: IpmiError): IpmiError =>
  new IpmiError(
    'outcome-unknown',
    `${command.name}: sent once and not answered; whether it was done is unknown`,
    cause === undefined ? {} : { cause },
  );
