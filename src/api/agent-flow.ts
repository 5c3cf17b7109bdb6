/**
 * How much an agent's connection may have under way, both ways. What comes too fast is not read for a while, so that
 * it waits on the agent's side; an agent that does not read what it is told is cut.
 */

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Slices } from '../station/fair-use/slices.ts';
import type { UnreadBytes } from './unread-bytes.ts';

/**
 * Beyond these reports that wait for an answer nothing is read, though what was read with them, some hundreds at most,
 * is taken. No assignment is as large as what a connection is cut for.
 */
export const flowLimits: FlowLimits = {
  reports: 256,
  unreadBytes: 256 * 1024,
  unreadBytesMax: 32 * 1024 * 1024,
  unreadMs: 30_000,
};
/** How long a connection is not read for having said too much, ms. */
const restMsMax = 5000;

type Hold = 'reports' | 'pace' | 'unread' | 'turn';

export interface FlowParts {
  readonly socket: WebSocket;
  readonly tcp: Socket;
  /** Takes one message and gives the ms to wait after it. */
  readonly take: () => number;
  readonly unread: UnreadBytes;
  /** What all connections say, so much a turn of the event loop. */
  readonly slices: Slices;
  /** Ends the connection at once. */
  readonly cut: (why: string) => void;
  readonly limits?: FlowLimits;
}

export interface FlowLimits {
  readonly reports: number;
  /** Bytes that wait to be read, at which nothing more is read of the other side. */
  readonly unreadBytes: number;
  /** At which the connection is cut. */
  readonly unreadBytesMax: number;
  /** How long nothing of them need be read, ms. */
  readonly unreadMs: number;
}

export class AgentFlow {
  readonly #parts: FlowParts;
  readonly #limits: FlowLimits;
  readonly #holds = new Set<Hold>();
  #underWay = 0;
  /** Messages that wait for their turn. */
  #waiting = 0;
  #unreadTimer: NodeJS.Timeout | undefined;

  constructor(parts: FlowParts) {
    this.#parts = parts;
    this.#limits = parts.limits ?? flowLimits;
    const { socket, tcp, unread } = parts;
    socket.on('ping', (data: Buffer) => {
      this.received();
      if (socket.bufferedAmount < this.#limits.unreadBytes) socket.pong(data);
    });
    tcp.on('drain', () => {
      unread.note(this);
      this.#release('unread');
    });
    socket.once('close', () => {
      clearTimeout(this.#unreadTimer);
      unread.forget(this);
    });
  }

  /** Whether the agent is not read at the moment: its silence says nothing. */
  get isHeld(): boolean {
    return this.#holds.size > 0;
  }

  /** Something came. */
  received(): void {
    const wait = this.#parts.take();
    if (wait === 0 || this.#holds.has('pace')) return;
    this.#hold('pace');
    setTimeout(() => this.#release('pace'), Math.min(wait, restMsMax)).unref();
  }

  /** Takes what came in its turn. What else was read with it comes after it, and nothing is read until then. */
  inTurn(work: () => void): void {
    const { slices } = this.#parts;
    if (!slices.isOver) return slices.run(work);
    this.#waiting += 1;
    this.#hold('turn');
    slices.run(() => {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#release('turn');
      work();
    });
  }

  /** A report is under way as long as this lasts. */
  async during(work: Promise<void>): Promise<void> {
    this.#underWay += 1;
    if (this.#underWay >= this.#limits.reports) this.#hold('reports');
    try {
      await work;
    } finally {
      this.#underWay -= 1;
      if (this.#underWay <= this.#limits.reports / 2) this.#release('reports');
    }
  }

  send(text: string): void {
    const { socket, unread } = this.#parts;
    if (socket.bufferedAmount > this.#limits.unreadBytesMax) return this.cut();
    socket.send(text);
    unread.note(this);
    if (socket.bufferedAmount <= this.#limits.unreadBytes || this.#holds.has('unread')) return;
    this.#hold('unread');
    this.#expectReading(socket.bufferedAmount);
  }

  /** Bytes that wait to be read. */
  get unread(): number {
    return this.#parts.socket.bufferedAmount;
  }

  /** Ends the connection of an agent that does not read. */
  cut(): void {
    this.#parts.cut('it does not read what it is told');
  }

  /** @param before bytes that were unread when it was last looked */
  #expectReading(before: number): void {
    const { socket } = this.#parts;
    this.#unreadTimer = setTimeout(() => {
      if (!this.#holds.has('unread')) return;
      if (socket.bufferedAmount >= before) this.cut();
      else this.#expectReading(socket.bufferedAmount);
    }, this.#limits.unreadMs).unref();
  }

  #hold(why: Hold): void {
    this.#holds.add(why);
    this.#parts.socket.pause();
  }

  #release(why: Hold): void {
    if (!this.#holds.delete(why) || this.#holds.size > 0) return;
    this.#parts.socket.resume();
  }
}
