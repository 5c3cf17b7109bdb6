/** One connection that is logged in: commands and ways through it, so many at a time. */

import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { SshFailure } from './failure.ts';
import { Gate } from './gate.ts';

/** sshd allows ten sessions on a connection unless told otherwise; one is kept for ending what hangs. */
const channelsMax = 8;

export class Link {
  readonly name: string;
  /** Aborted when it is there no more. */
  readonly lost: AbortSignal;
  /** Who uses it now. */
  users = 0;
  readonly #client: Client;
  readonly #stream: Duplex;
  readonly #lose: () => void;
  readonly #sessions = new Gate(channelsMax);
  readonly #ending = new Gate(1);

  /** @param stream that the client speaks over */
  constructor(client: Client, stream: Duplex, name: string) {
    this.name = name;
    this.#client = client;
    this.#stream = stream;
    const lost = new AbortController();
    this.lost = lost.signal;
    const lose = (this.#lose = (): void =>
      lost.abort(new SshFailure('reset', `${name}: the connection was lost`)));
    // Errors are followed by their end; without a listener they would end this process.
    client.on('error', lose);
    client.on('close', lose);
    client.on('end', lose);
  }

  /**
   * Runs a command by the login shell of the account.
   *
   * @param urgent it ends something that hangs, and does not wait behind it
   * @throws {SshFailure} the connection is lost, or the server opens no session
   */
  async session<T>(
    command: string,
    signal: AbortSignal,
    work: (channel: ClientChannel) => Promise<T>,
    urgent = false,
  ): Promise<T> {
    const leave = await (urgent ? this.#ending : this.#sessions).enter(signal);
    try {
      const opened = this.#open<ClientChannel>(
        (done) => this.#client.exec(command, done),
        'runs no commands',
        signal,
      );
      const channel = await opened;
      try {
        return await work(channel);
      } finally {
        channel.close();
      }
    } finally {
      leave();
    }
  }

  /** A stream to somewhere that this machine reaches. */
  forward(address: string, port: number, signal: AbortSignal): Promise<Duplex> {
    return this.#open<Duplex>(
      (done) => this.#client.forwardOut('127.0.0.1', 0, address, port, done),
      undefined,
      signal,
    );
  }

  /** Ends it; what runs over it ends as well. */
  end(): void {
    this.#client.end();
    // Who does not answer does not say goodbye either: the client would wait for it, for as long as TCP does.
    this.#stream.destroy();
    this.#lose();
  }

  #open<C extends { close?: () => void; destroy?: () => unknown }>(
    ask: (done: (error: Error | undefined, channel: C) => void) => void,
    refusal: string | undefined,
    signal: AbortSignal,
  ): Promise<C> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      this.lost.throwIfAborted();
      let isOver = false;
      const settle = (end: () => void): void => {
        if (isOver) return;
        isOver = true;
        signal.removeEventListener('abort', leave);
        this.lost.removeEventListener('abort', lose);
        end();
      };
      const leave = (): void => settle(() => reject(signal.reason as Error));
      const lose = (): void => settle(() => reject(this.lost.reason as Error));
      signal.addEventListener('abort', leave, { once: true });
      this.lost.addEventListener('abort', lose, { once: true });
      try {
        ask((error, channel) => {
          // Nobody waits for it any more.
          if (isOver) return void channel?.destroy?.();
          settle(() => {
            if (!error) return resolve(channel);
            if (this.lost.aborted) return reject(this.lost.reason as Error);
            const why = `${this.name}: it ${refusal}: ${error.message}`;
            reject(refusal === undefined ? error : new SshFailure('unreadable', why));
          });
        });
      } catch (error) {
        settle(() => reject(new SshFailure('reset', `${this.name}: ${(error as Error).message}`)));
      }
    });
  }
}
