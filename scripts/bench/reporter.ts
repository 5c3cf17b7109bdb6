/** An agent for benchmarks: a real WebSocket, made-up facts. */

import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { StationProcess } from './server.ts';
import { factsOf, fqdn } from './station.ts';

/** Grows with every report, so that none repeats a fact that a host had. */
let round = 0;

/** Reports one new fact after the other; a report is done when the fact is durable. */
export class Reporter {
  readonly #socket: WebSocket;
  readonly #tcp: Socket;
  readonly #host: number;
  /** What waits for an answer, by the id of its message; 0: the hello. */
  readonly #waiting = new Map<number, (error?: Error) => void>();

  private constructor(socket: WebSocket, tcp: Socket, host: number) {
    this.#socket = socket;
    this.#tcp = tcp;
    this.#host = host;
    socket.on('message', (data: Buffer) => {
      const { type, id } = JSON.parse(data.toString()) as { type: string; id?: number };
      if (type === 'welcome') this.#answer(0);
      else if (type === 'taken') this.#answer(id!);
      else if (type === 'refused') this.#answer(id!, new Error(data.toString()));
    });
    socket
      .on('error', () => undefined)
      .on('close', () => {
        for (const id of this.#waiting.keys()) this.#answer(id, new Error('the connection ended'));
      });
  }

  static async connect({ url, token }: StationProcess, host: number): Promise<Reporter> {
    const { hostname, port } = new URL(url);
    const tcp = connect(Number(port), hostname).setNoDelay();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/agent`, {
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
      createConnection: () => tcp,
    });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const reporter = new Reporter(socket, tcp, host);
    await reporter.#send(0, { type: 'hello', protocol: 1, fqdn: fqdn(host) });
    return reporter;
  }

  /** Any number of reports may be under way. */
  report(): Promise<void> {
    const id = (round += 1);
    const facts = factsOf(this.#host, id);
    return this.#send(id, { type: 'node-up', id, fqdn: fqdn(this.#host), facts });
  }

  close(): void {
    this.#socket.close();
  }

  #send(id: number, message: object): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (error) => (error ? reject(error) : resolve()));
      this.#gather();
      this.#socket.send(JSON.stringify(message));
    });
  }

  /** What is said in one turn goes out in one write: the client must not be what is measured. */
  #gather(): void {
    if (this.#tcp.writableCorked > 0) return;
    this.#tcp.cork();
    process.nextTick(() => this.#tcp.uncork());
  }

  #answer(id: number, error?: Error): void {
    this.#waiting.get(id)?.(error);
    this.#waiting.delete(id);
  }
}
