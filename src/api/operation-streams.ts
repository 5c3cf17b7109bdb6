/**
 * How far operations are, as server-sent events: each message is the whole of it, as it is then. So a reader that is
 * slow, or was away, is told how it is now, and has missed nothing that still counts.
 */

import { hash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Operation } from '../contract/operations.ts';
import { changesRights } from '../core/rights/changes.ts';
import type { Share } from '../station/fair-use/shares.ts';
import { isUnderWay } from '../station/queries/operation.ts';
import type { Station } from '../station/station.ts';
import { keepAliveMs } from './event-streams.ts';
import { drained } from './streaming.ts';

export interface OperationStreamOptions {
  /** Who reads. */
  readonly name: string;
  /** Id of the message that the reader saw last; null: none. */
  readonly lastSeen: string | null;
  /** Asked before anything is told: a token may be revoked while its stream is open. */
  readonly isAllowed: () => boolean;
}

/** Two messages that say the same have one id. */
const idOf = (text: string): string => hash('sha256', text).slice(0, 16);

export const isMessageId = (text: string): boolean => /^[0-9a-f]{16}$/.test(text);

const textOf = (operation: Operation): { id: string; text: string } => {
  const data = JSON.stringify(operation);
  const id = idOf(data);
  const event = isUnderWay(operation) ? 'progress' : 'end';
  return { id, text: `id: ${id}\nevent: ${event}\ndata: ${data}\n\n` };
};

export class OperationStreams {
  readonly #log: Station['log'];
  readonly #keepAliveMs: number;
  readonly #share: Share;
  readonly #open = new Map<ServerResponse, OperationStreamOptions>();
  /** Ends the subscription that tells of lost rights, which there is while anybody reads. */
  #unsubscribe: (() => void) | null = null;

  /** @param share of all streams */
  constructor(log: Station['log'], share: Share, keepAlive = keepAliveMs) {
    this.#log = log;
    this.#share = share;
    this.#keepAliveMs = keepAlive;
  }

  /** Cuts off those whose readers do not read; the others end with what they follow. */
  close(): void {
    for (const response of this.#open.keys()) if (response.writableLength > 0) response.destroy();
  }

  /**
   * Takes over a reply and streams until the operation has ended or the reader goes. Whoever has seen its end already is
   * answered 204, so that browsers do not come again.
   *
   * @param operations how far it is, again and again
   * @throws {ShareExceededError} there are too many already
   */
  async serve(
    reply: FastifyReply,
    operations: AsyncGenerator<Operation, void>,
    options: OperationStreamOptions,
  ): Promise<FastifyReply> {
    const giveBack = this.#share.take(options.name);
    try {
      const first = await operations.next();
      if (!first.done && !isUnderWay(first.value))
        if (textOf(first.value).id === options.lastSeen) return await reply.code(204).send();
      await this.#stream(reply, first, operations, options);
      return reply;
    } finally {
      giveBack();
      await operations.return();
    }
  }

  async #stream(
    reply: FastifyReply,
    first: IteratorResult<Operation, void>,
    operations: AsyncGenerator<Operation, void>,
    options: OperationStreamOptions,
  ): Promise<void> {
    const response = reply.raw;
    if (response.destroyed) return;
    reply.hijack();
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      // A station that stops waits for no connection that is idle since.
      connection: 'close',
    });
    response.flushHeaders();
    this.#add(response, options);
    try {
      let told = options.lastSeen;
      for (let step = first; !step.done; step = await operations.next()) {
        if (!options.isAllowed()) return void response.destroy();
        const { id, text } = textOf(step.value);
        const hasRoom = response.write(id === told ? ': keep-alive\n\n' : text);
        told = id;
        if (!hasRoom && !(await this.#takes(response))) return;
      }
      response.end();
    } catch {
      // The reader has gone, or nobody can tell: it comes again.
      response.destroy();
    }
  }

  /** Waits until a reader has taken what it was told; false: it takes nothing. */
  async #takes(response: ServerResponse): Promise<boolean> {
    const timer = setTimeout(() => response.destroy(), this.#keepAliveMs);
    await drained(response);
    clearTimeout(timer);
    return !response.destroyed;
  }

  #add(response: ServerResponse, options: OperationStreamOptions): void {
    this.#open.set(response, options);
    this.#unsubscribe ??= this.#log.subscribe(this.#log.head(), (commit) => {
      if (changesRights(commit)) this.#endForbidden();
    });
    response.once('close', () => {
      this.#open.delete(response);
      if (this.#open.size > 0) return;
      this.#unsubscribe?.();
      this.#unsubscribe = null;
    });
  }

  #endForbidden(): void {
    for (const [response, { isAllowed }] of [...this.#open]) if (!isAllowed()) response.destroy();
  }
}
