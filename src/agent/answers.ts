/** What was said to the station on one connection and is not answered yet. */

import type { Ending } from './ending.ts';
import type { AgentMessage, ProcessReport, StationMessage } from './protocol.ts';

type Of<Type extends StationMessage['type']> = Extract<StationMessage, { readonly type: Type }>;
export type Answer = Of<'taken'> | Of<'refused'>;

export interface AnswersParts {
  readonly send: (message: AgentMessage) => void;
  /** Aborted when the connection has ended; its reason is an `Ending`. */
  readonly ended: AbortSignal;
  /** Told that the station does not know, or not take, a report about a process. */
  readonly onProcessRefused: (fid: string, code: string, message: string) => void;
}

export class Answers {
  readonly #parts: AnswersParts;
  readonly #asked = new Map<number, (answer: Answer) => void>();
  /** The processes of reports that nobody waits for, by the ids of those. */
  readonly #reported = new Map<number, string>();
  #lastId = 0;

  constructor(parts: AnswersParts) {
    this.#parts = parts;
  }

  /**
   * Sends a message and waits for the answer to it.
   *
   * @throws Ending
   */
  async ask(message: (id: number) => AgentMessage): Promise<Answer> {
    const { ended, send } = this.#parts;
    ended.throwIfAborted();
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const abandon = (): void => reject(ended.reason as Ending);
    ended.addEventListener('abort', abandon, { once: true });
    this.#asked.set(id, resolve);
    send(message(id));
    try {
      return await promise;
    } finally {
      this.#asked.delete(id);
      ended.removeEventListener('abort', abandon);
    }
  }

  /**
   * Says what a process does. Nobody waits for the answer: what is lost with the connection is said
   * again on the next.
   */
  reportProcess(report: Omit<ProcessReport, 'type' | 'id'>): void {
    const { ended, send } = this.#parts;
    if (ended.aborted) return;
    const id = ++this.#lastId;
    this.#reported.set(id, report.fid);
    send({ type: 'process', id, ...report });
  }

  take(answer: Answer): void {
    this.#asked.get(answer.id)?.(answer);
    const fid = this.#reported.get(answer.id);
    if (fid === undefined) return;
    this.#reported.delete(answer.id);
    const { onProcessRefused } = this.#parts;
    if (answer.type === 'refused') onProcessRefused(fid, answer.code, answer.message);
  }
}
