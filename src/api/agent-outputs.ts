/** The output of processes that an agent's connection carries: one piece at a time for each viewer. */

import type { Output, OutputEnd, StationMessage } from '../contract/agent-protocol.ts';
import type { OutputPiece, OutputRequest, OutputSource } from '../station/duties/agent-sessions.ts';

/** What a viewer is told when the connection of the agent ends. */
const gone: OutputPiece = { end: 'gone', message: 'its agent is not connected any more' };

interface Viewer {
  /** Null where nothing was asked for. */
  asked: ((piece: OutputPiece) => void) | null;
}

export class AgentOutputs {
  readonly #say: (message: StationMessage) => void;
  readonly #viewers = new Map<number, Viewer>();
  #lastId = 0;
  #ended = false;

  constructor(say: (message: StationMessage) => void) {
    this.#say = say;
  }

  open({ fid, lines, follow, channels }: OutputRequest): OutputSource {
    const id = ++this.#lastId;
    let ask: StationMessage = { type: 'output-open', id, fid, lines, follow, channels };
    const next = (): Promise<OutputPiece> => {
      const viewer = this.#viewers.get(id);
      if (viewer === undefined || this.#ended) return Promise.resolve(gone);
      const { promise, resolve } = Promise.withResolvers<OutputPiece>();
      viewer.asked = resolve;
      this.#say(ask);
      ask = { type: 'output-next', id };
      return promise;
    };
    const close = (): void => {
      const asked = this.#viewers.get(id)?.asked;
      if (this.#viewers.delete(id)) this.#say({ type: 'output-close', id });
      asked?.(gone);
    };
    if (!this.#ended) this.#viewers.set(id, { asked: null });
    return { next, close };
  }

  /** Passes on what the agent says. @returns false where nobody has asked for it */
  take(message: Output | OutputEnd): boolean {
    const viewer = this.#viewers.get(message.id);
    // Its viewer may have left while it was under way.
    if (viewer === undefined) return message.id <= this.#lastId;
    const { asked } = viewer;
    if (asked === null) return false;
    viewer.asked = null;
    if (message.type === 'output-end') this.#viewers.delete(message.id);
    asked(pieceOf(message));
    return true;
  }

  /** The connection is over: everybody who waits hears of it. */
  end(): void {
    this.#ended = true;
    const viewers = [...this.#viewers.values()];
    this.#viewers.clear();
    for (const { asked } of viewers) asked?.(gone);
  }
}

const pieceOf = (message: Output | OutputEnd): OutputPiece =>
  message.type === 'output-end'
    ? { end: message.code, message: message.message }
    : { channel: message.channel, data: Buffer.from(message.data, 'base64') };
