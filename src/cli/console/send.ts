/** Writes something to the console of a machine, and shows what it answers for a while. */

import type { ConsoleNews } from '../../client/console-protocol.ts';
import { Failure } from '../exit-codes.ts';
import type { Ending } from '../exit-codes.ts';
import { printable } from '../output/text.ts';
import { AnswerLines } from './answer-lines.ts';
import { ConsoleLink, linkEndings, nameOf } from './link.ts';
import type { ConsoleAddress, LinkEnd } from './link.ts';

export interface SendRequest {
  /** For messages. */
  readonly name: string;
  readonly address: ConsoleAddress;
  /** What is written; null: a break. It is in no message: a password may be among it. */
  readonly bytes: Buffer | null;
  /** Whether to write instead of whoever types. */
  readonly take: boolean;
  /** How long what the machine answers is shown, ms. */
  readonly waitMs: number;
  /** Called for each line, which does nothing to a terminal; no more is read before it resolves. */
  readonly show: (line: string) => Promise<void>;
  readonly signal: AbortSignal;
}

/** How long a console may take to be connected, ms: where nobody looks and nothing is logged it is not. */
const connectMs = 20_000;
/** How long the right to type may take to be given back, ms; it goes with the connection in any case. */
const giveBackMs = 5_000;

/** Why the daemon refuses something, as an ending. */
const refusals: Readonly<Record<string, Ending>> = {
  privilege: 'notAllowed',
  'no-answer': 'unreachable',
};

/**
 * Resolves when it has been written, and the right to type is given back.
 *
 * @throws {Failure} it was not written, or not all of it; `rejected`: somebody else types
 */
export const sendToConsole = async (request: SendRequest): Promise<void> => {
  const { signal } = request;
  signal.throwIfAborted();
  const sender = new Sender(request);
  const interrupt = (): void => sender.stop();
  signal.addEventListener('abort', interrupt);
  try {
    await sender.send();
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
  signal.throwIfAborted();
};

class Sender {
  readonly #request: SendRequest;
  readonly #link: ConsoleLink;
  readonly #lines = new AnswerLines();
  #shown: Promise<void> = Promise.resolve();
  #failure: Error | null = null;
  /** Whether it has said that the console is not connected. */
  #isAwaited = false;
  #isAsked = false;
  /** Whether it is written, and what comes now is the answer. */
  #isWritten = false;
  #isWriter = false;
  #isLeaving = false;
  /** Why the console is not connected. */
  #reason: string | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(request: SendRequest) {
    this.#request = request;
    const { url, ca } = request.address;
    const wanted = new URL(url);
    // What was before is in the log.
    wanted.searchParams.set('back', '0');
    this.#link = new ConsoleLink(
      { url: wanted, ca },
      { data: (bytes) => this.#came(bytes), told: (news) => this.#told(news) },
    );
    this.#timer = setTimeout(() => this.#late(), connectMs);
  }

  stop(): void {
    this.#leave();
  }

  async send(): Promise<void> {
    const end = await this.#link.ended;
    clearTimeout(this.#timer);
    for (const line of this.#lines.end()) this.#show(line);
    await this.#shown;
    if (this.#failure !== null) throw this.#failure;
    if (!this.#isLeaving) throw this.#broken(end);
  }

  #broken({ code, message }: LinkEnd): Failure {
    const what = this.#isWritten ? 'ended before the answer was over' : 'cannot be had';
    const { name } = this.#request;
    return new Failure(
      linkEndings[code] ?? 'unreachable',
      `the console of ${name} ${what}: ${message}`,
    );
  }

  #came(bytes: Buffer): Promise<void> | undefined {
    if (!this.#isWritten || this.#isLeaving) return undefined;
    const lines = this.#lines.take(bytes);
    for (const line of lines) this.#show(line);
    return lines.length === 0 ? undefined : this.#shown;
  }

  #show(line: string): void {
    this.#shown = this.#shown
      .then(() => this.#request.show(line))
      .catch((error: unknown) => this.#fail(error as Error));
  }

  #told(news: ConsoleNews): void {
    switch (news.type) {
      case 'hello':
        if (news.may_write) return this.#link.ask({ type: 'status' });
        return this.#failed('notAllowed', 'you may only look');
      case 'status':
        return this.#status(news);
      case 'mark':
        if (news.kind === 'lost') this.#reason = news.text;
        // Before the status it may be of long ago.
        if (news.kind === 'connected' && this.#isAwaited) this.#ask();
        return;
      case 'role':
        return this.#role(news);
      case 'refused':
        return this.#refused(news);
      case 'at':
      case 'ended':
        // What ends a connection is said where it has ended.
        return;
    }
  }

  #status({ link, reason }: Extract<ConsoleNews, { type: 'status' }>): void {
    if (link === 'connected') return this.#ask();
    this.#isAwaited = true;
    this.#reason = reason ?? this.#reason;
  }

  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#link.ask({ type: this.#request.take ? 'take-writer' : 'request-writer' });
  }

  /** Where somebody takes the right away, what was not written by then is refused. */
  #role({ writer }: Extract<ConsoleNews, { type: 'role' }>): void {
    this.#isWriter = writer;
    if (this.#isLeaving) return writer ? this.#giveBack() : this.#leaveNow();
    if (writer && !this.#isWritten) this.#write();
  }

  #write(): void {
    const { bytes, waitMs } = this.#request;
    this.#isWritten = true;
    if (bytes === null) this.#link.ask({ type: 'break' });
    else this.#link.type(bytes);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#leave(), waitMs);
  }

  #refused({ wish, code, message, holder }: Extract<ConsoleNews, { type: 'refused' }>): void {
    if (wish === 'status' || wish === 'give-back') return;
    if (holder === null) {
      const advice = this.#isLeaving ? 'Give it more time: --wait SECONDS' : undefined;
      return this.#failed(refusals[code] ?? 'rejected', message, advice);
    }
    const idle = Math.round(holder.idle_ms / 1000);
    this.#failed(
      'rejected',
      `${nameOf(holder)} types, idle for ${idle} s; nothing was written`,
      'Take it from him: --take',
    );
  }

  #late(): void {
    const why = this.#reason === null ? '' : `: ${this.#reason}`;
    this.#failed('unreachable', `not connected within ${connectMs / 1000} s${why}`);
  }

  #failed(ending: Ending, why: string, advice?: string): void {
    const { name } = this.#request;
    this.#fail(new Failure(ending, `the console of ${name}: ${printable(why)}`, advice));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#leave();
  }

  /** What the OBM has not taken by then is refused when the right is given back. */
  #leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    clearTimeout(this.#timer);
    if (this.#isWriter) this.#giveBack();
    else this.#leaveNow();
  }

  #giveBack(): void {
    this.#timer = setTimeout(() => this.#leaveNow(), giveBackMs);
    this.#link.ask({ type: 'give-back' });
  }

  #leaveNow(): void {
    clearTimeout(this.#timer);
    void this.#link.leave();
  }
}
