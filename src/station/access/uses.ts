/**
 * When and from where sessions were used last, for as long as the station runs. Where people were is in no log: a log is
 * kept for ever, and every viewer reads it.
 */

export interface Use {
  /** Ms since the epoch. */
  readonly at: number;
  /** The other end of the connection; a proxy's, where there is one. */
  readonly address: string;
  /** What the program calls itself; null: nothing. */
  readonly agent: string | null;
}

/** Sessions whose latest use is remembered; that which was used longest ago is forgotten. */
export const usesMax = 10_000;
/** Characters of what a program calls itself. */
export const agentLengthMax = 200;

export class Uses {
  /** Latest use last. */
  readonly #uses = new Map<string, Use>();

  note(session: string, { at, address, agent }: Use): void {
    this.#uses.delete(session);
    this.#uses.set(session, { at, address, agent: agent && printable(agent) });
    if (this.#uses.size > usesMax) this.#uses.delete(this.#uses.keys().next().value!);
  }

  /** Null: not since the station started, or too many others since. */
  of(session: string): Use | null {
    return this.#uses.get(session) ?? null;
  }
}

const printable = (text: string): string =>
  text.slice(0, agentLengthMax).replaceAll(/[^ -~]/g, '?');
