/** An agent for benchmarks: a real WebSocket, made-up facts. */

import { WebSocket } from 'ws';
import type { StationProcess } from './server.ts';
import { factsOf, fqdn } from './station.ts';

/** Grows with every report, so that none repeats a fact that a host had. */
let round = 0;

/** Reports one new fact after the other, each once the one before is durable. */
export class Reporter {
  readonly #socket: WebSocket;
  readonly #host: number;
  #answered: (error?: Error) => void = () => undefined;

  private constructor(socket: WebSocket, host: number) {
    this.#socket = socket;
    this.#host = host;
    socket.on('message', (data: Buffer) => {
      const { type } = JSON.parse(data.toString()) as { type: string };
      if (type === 'taken' || type === 'welcome') this.#answered();
      else if (type === 'refused') this.#answered(new Error(data.toString()));
    });
  }

  static async connect({ url, token }: StationProcess, host: number): Promise<Reporter> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/agent`, {
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
    });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const reporter = new Reporter(socket, host);
    await reporter.#send({ type: 'hello', protocol: 1, fqdn: fqdn(host) });
    return reporter;
  }

  report(): Promise<void> {
    round += 1;
    return this.#send({
      type: 'node-up',
      id: round,
      fqdn: fqdn(this.#host),
      facts: factsOf(this.#host, round),
    });
  }

  close(): void {
    this.#socket.close();
  }

  #send(message: object): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#answered = (error) => (error ? reject(error) : resolve());
      this.#socket.send(JSON.stringify(message));
    });
  }
}
