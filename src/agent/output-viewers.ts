/**
 * What stations are shown of the output of processes. Nothing is read before it is asked for, and
 * one piece is asked for at a time: so a viewer that stands still costs this host nothing.
 */

import type { Logger } from 'pino';
import type { AgentMessage, OutputOpen } from './protocol.ts';
import { UnreadableOutput } from './supervision/output-reader.ts';
import type { OutputReader, OutputRequest } from './supervision/output-reader.ts';

/** How many one agent serves at a time. */
export const viewersMax = 32;

export type OutputMessage = Extract<AgentMessage, { readonly type: 'output' | 'output-end' }>;

/** @throws UnreadableOutput */
export type ReadOutput = (fid: string, request: OutputRequest) => OutputReader;

/** The viewers of one connection. */
export class OutputViewers {
  readonly #read: ReadOutput;
  readonly #say: (message: OutputMessage) => void;
  readonly #log: Logger;
  readonly #readers = new Map<number, OutputReader>();

  constructor(read: ReadOutput, say: (message: OutputMessage) => void, log: Logger) {
    this.#read = read;
    this.#say = say;
    this.#log = log;
  }

  /** Answers at once, with an empty piece. */
  open({ id, fid, lines, follow, channels }: OutputOpen): void {
    if (this.#readers.has(id)) return;
    if (this.#readers.size >= viewersMax)
      return this.#say({
        type: 'output-end',
        id,
        code: 'busy',
        message: `the agent shows output to ${viewersMax} viewers, and no more at a time`,
      });
    try {
      this.#readers.set(id, this.#read(fid, { lines, follow, channels }));
      this.#say({ type: 'output', id, channel: 'note', data: '' });
    } catch (error) {
      this.#fail(id, error as Error);
    }
  }

  /** Says the next piece, as soon as there is one. */
  next(id: number): void {
    const reader = this.#readers.get(id);
    reader?.next().then(
      (piece) => {
        if (this.#readers.get(id) !== reader) return;
        if (piece === undefined) {
          this.close(id);
          return this.#say({ type: 'output-end', id, code: 'done', message: '' });
        }
        const { channel, data } = piece;
        this.#say({ type: 'output', id, channel, data: data.toString('base64') });
      },
      (error: unknown) => {
        if (this.#readers.get(id) === reader) this.#fail(id, error as Error);
      },
    );
  }

  close(id: number): void {
    this.#readers.get(id)?.close();
    this.#readers.delete(id);
  }

  closeAll(): void {
    for (const id of [...this.#readers.keys()]) this.close(id);
  }

  #fail(id: number, error: Error): void {
    this.close(id);
    if (!(error instanceof UnreadableOutput))
      this.#log.error({ err: error }, 'the output of a process cannot be read');
    this.#say({
      type: 'output-end',
      id,
      code: 'unreadable',
      message: error.message.slice(0, 1024),
    });
  }
}
