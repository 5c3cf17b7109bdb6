/**
 * Changes of the fleet as server-sent events. What a reader has not taken yet is not kept for it: it is told what is
 * otherwise now than when it was told last, however often that changed meanwhile. All who ask for the same are told one
 * text.
 */

import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Share } from '../../station/fair-use/shares.ts';
import type { Turn } from '../../station/fair-use/turns.ts';
import type { Fleet } from '../../station/fleet/fleet.ts';
import type { Station } from '../../station/station.ts';
import { keepAliveMs } from '../event-streams.ts';
import type { Asked } from './asked.ts';
import { machineText } from './text.ts';

/** Changes are told at most so often, ms. */
export const fleetTellMs = 250;
/** Characters of one write. */
const pieceCharacters = 64 * 1024;

export interface FleetStreamOptions {
  readonly name: string;
  /** What is asked; alike for those who are told the same. */
  readonly question: string;
  readonly asked: Asked;
  /** The machines that they see; undefined: all. */
  readonly seen: () => ReadonlySet<string> | undefined;
  readonly isAllowed: () => boolean;
  /** `Last-Event-ID`. */
  readonly lastSeen: string | undefined;
}

interface Stream {
  readonly response: ServerResponse;
  readonly options: FleetStreamOptions;
  told: number;
  /** What its reader saw when it was told last; undefined: all. */
  had: ReadonlySet<string> | undefined;
}

export class FleetStreams {
  readonly #station: Station;
  readonly #fleet: Fleet;
  readonly #share: Share;
  readonly #streams = new Set<Stream>();
  #unlisten: (() => void) | null = null;
  #isDue = false;
  #isClosed = false;

  /** @param share of all streams */
  constructor(station: Station, share: Share) {
    this.#station = station;
    this.#fleet = station.fleet;
    this.#share = share;
  }

  close(): void {
    this.#isClosed = true;
    for (const { response } of this.#streams) {
      if (response.writableLength > 0) response.destroy();
      else response.end();
    }
  }

  /** The id of what is told at a version: versions begin anew with the station. */
  #idOf(version: number): string {
    return `${this.#station.started}-${version}`;
  }

  #versionIn(id: string | undefined): number | undefined {
    const [, started, version] = /^(\d{1,16})-(\d{1,15})$/.exec(id ?? '') ?? [];
    return Number(started) === this.#station.started ? Number(version) : undefined;
  }

  /**
   * Takes over a reply and streams until the reader goes.
   *
   * @param version that the reader has seen when it begins
   * @throws {ShareExceededError} there are too many already
   */
  open(reply: FastifyReply, version: number, options: FleetStreamOptions): void {
    const giveBack = this.#share.take(options.name);
    reply.hijack();
    const response = reply.raw;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const since = this.#versionIn(options.lastSeen);
    const isKnown = since !== undefined && this.#fleet.changedAfter(since) !== null;
    const stream: Stream = {
      response,
      options,
      told: isKnown ? since : version,
      had: options.seen(),
    };
    const event = options.lastSeen === undefined ? 'start' : 'reset';
    if (!isKnown)
      response.write(
        `id: ${this.#idOf(version)}\nevent: ${event}\ndata: {"version":${version}}\n\n`,
      );
    else response.write(': welcome back\n\n');
    this.#streams.add(stream);
    this.#unlisten ??= this.#fleet.listen(() => this.#wake());
    let isStalled = false;
    const keepAlive = setInterval(() => {
      if (isStalled || !options.isAllowed()) return response.destroy();
      isStalled = response.writableNeedDrain;
      response.write(': keep-alive\n\n');
    }, keepAliveMs);
    response.on('drain', () => {
      isStalled = false;
      this.#wake();
    });
    response.on('close', () => {
      clearInterval(keepAlive);
      giveBack();
      this.#streams.delete(stream);
      if (this.#streams.size > 0) return;
      this.#unlisten?.();
      this.#unlisten = null;
    });
    this.#wake();
  }

  #wake(): void {
    if (this.#isDue || this.#isClosed) return;
    this.#isDue = true;
    this.#station.time.after(fleetTellMs, () => {
      this.#isDue = false;
      void this.#tellAll();
    });
  }

  async #tellAll(): Promise<void> {
    if (this.#streams.size === 0) return;
    try {
      const turn = await this.#station.turns.begin('fleet streams', new AbortController().signal);
      const { version } = await this.#fleet.cut(turn);
      await this.#station.settled();
      const texts = new Map<string, readonly string[]>();
      for (const stream of this.#streams) await this.#tell(stream, version, texts, turn);
    } catch {
      // What the log could not keep is taken back, which is a change again.
      this.#wake();
    }
  }

  async #tell(
    stream: Stream,
    version: number,
    texts: Map<string, readonly string[]>,
    turn: Turn,
  ): Promise<void> {
    const { response, options, told } = stream;
    if (!options.isAllowed()) return void response.destroy();
    if (told >= version || response.writableNeedDrain || response.destroyed) return;
    const key = `${told} ${options.question}`;
    let pieces = texts.get(key);
    if (!pieces) texts.set(key, (pieces = await this.#changes(stream, version, turn)));
    stream.told = version;
    stream.had = options.seen();
    for (const piece of pieces) if (!response.destroyed) response.write(piece);
    if (turn.isOver) await turn.next();
  }

  async #changes(
    { told, had, options }: Stream,
    version: number,
    turn: Turn,
  ): Promise<readonly string[]> {
    const { asked } = options;
    const id = this.#idOf(version);
    const changed = this.#fleet.changedAfter(told);
    if (!changed) return [`id: ${id}\nevent: reset\ndata: {"version":${version}}\n\n`];
    const seen = options.seen();
    const now = this.#station.now();
    const nodes: string[] = [];
    const gone: string[] = [];
    for (const machine of changed) {
      const row = this.#fleet.row(machine);
      if (row && (!seen || seen.has(machine)) && asked.test(row, now))
        nodes.push(machineText(row, asked.wanted));
      // Names of machines that a member never had are not for it.
      else if (!seen || seen.has(machine) || had?.has(machine)) gone.push(JSON.stringify(machine));
      if (turn.isOver) await turn.next();
    }
    const head = `id: ${id}\nevent: change\ndata: {"version":${version},"at":${now},"nodes":[`;
    return inPieces([head, nodes.join(','), `],"gone":[${gone.join(',')}]}\n\n`]);
  }
}

const inPieces = (texts: readonly string[]): string[] => {
  const text = texts.join('');
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += pieceCharacters)
    pieces.push(text.slice(at, at + pieceCharacters));
  return pieces;
};
