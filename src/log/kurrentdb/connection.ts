/** One client, with what it does by itself taken from it, and an end. */

import type { KurrentDBClient } from '@kurrent/kurrentdb-client';

interface Channel {
  close(): void;
}

type CreateChannel = () => Promise<Channel>;

/**
 * Leaves to the driver what the client would do by itself when something fails. Its own attempt to
 * connect again rejects where nobody hears it, and so does what is written into its stream of
 * appends while that breaks; either would end the process. Without the stream it appends by a call
 * each, with a deadline.
 */
export class Connection {
  readonly client: KurrentDBClient;
  readonly #channels: Channel[] = [];
  #calls = 0;
  #isReleased = false;

  constructor(client: KurrentDBClient) {
    const { createChannel } = client as unknown as { createChannel: CreateChannel };
    const own = {
      supports: async () => false,
      handleError: async () => undefined,
      createChannel: async () => {
        const channel = await createChannel();
        this.#channels.push(channel);
        return channel;
      },
    };
    this.client = Object.assign(client, own);
  }

  /**
   * Calls something that has a deadline of gRPC, over a connection that stays open until that has
   * ended. The half that reads has a connection of its own, which ends with the client.
   */
  async use<T>(call: (client: KurrentDBClient) => Promise<T>): Promise<T> {
    this.#calls += 1;
    try {
      return await call(this.client);
    } finally {
      this.#calls -= 1;
      this.#closeUnused();
    }
  }

  /**
   * Ends what goes over it, and the connection, which the client itself leaves open. A call that
   * has just begun would meet a closed one outside of every promise; so it may end first.
   */
  async release(): Promise<void> {
    this.#isReleased = true;
    await this.client.dispose().catch(() => undefined);
    this.#closeUnused();
  }

  #closeUnused(): void {
    if (!this.#isReleased || this.#calls > 0) return;
    for (const channel of this.#channels.splice(0)) channel.close();
  }
}
