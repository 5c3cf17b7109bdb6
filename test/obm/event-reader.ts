/** Who follows the events of a daemon, as the specification of server-sent events has it. */

import type { ObmdEvent, ObmdEventType, ObmdKnown } from '../../src/contract/obmd-events.ts';
import { until } from '../ipmi/simulator.ts';
import type { Daemon } from './daemon.ts';

export class EventReader {
  readonly status: number;
  readonly events: ObmdEvent[] = [];
  readonly known: ObmdKnown[] = [];
  readonly ended: Promise<void>;
  readonly #stop = new AbortController();
  /** Where a stream begins that was not told from where. */
  #begun: string | undefined;

  private constructor(answer: Response, stop: AbortController) {
    this.status = answer.status;
    this.#stop = stop;
    this.ended = this.#read(answer);
  }

  static async start(
    daemon: Daemon,
    query = '',
    headers: Record<string, string> = {},
  ): Promise<EventReader> {
    const basic = Buffer.from(`admin:${daemon.admin}`).toString('base64');
    const stop = new AbortController();
    const answer = await fetch(`${daemon.url}/v2/events${query}`, {
      headers: { authorization: `Basic ${basic}`, ...headers },
      signal: stop.signal,
    });
    return new EventReader(answer, stop);
  }

  /** As `<type>`, or `<label> <type>` where there are more machines than one. */
  get story(): string[] {
    return this.events.map(({ type }) => type);
  }

  get last(): string | undefined {
    return this.events.at(-1)?.id ?? this.#begun;
  }

  async hears(type: ObmdEventType, times = 1): Promise<ObmdEvent> {
    await until(`${type} is told`, () => this.#of(type).length >= times);
    return this.#of(type)[times - 1]!;
  }

  stop(): void {
    this.#stop.abort();
  }

  #of(type: ObmdEventType): ObmdEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  async #read(answer: Response): Promise<void> {
    let text = '';
    try {
      for await (const bytes of answer.body!) {
        text += Buffer.from(bytes).toString('utf8');
        const messages = text.split('\n\n');
        text = messages.pop()!;
        for (const message of messages) this.#take(message);
      }
    } catch {
      // It was cut off; what is not whole is not taken.
    }
  }

  #take(message: string): void {
    const fields = message.split('\n').filter((line) => !line.startsWith(':'));
    if (fields.length === 0) return;
    const of = (name: string): string | undefined =>
      fields.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    if (of('data') === undefined) return void (this.#begun = of('id'));
    if (of('event') === 'known') return void this.known.push(JSON.parse(of('data')!) as ObmdKnown);
    const event = JSON.parse(of('data')!) as ObmdEvent;
    if (event.id !== of('id') || event.type !== of('event')) throw new Error(message);
    this.events.push(event);
  }
}
