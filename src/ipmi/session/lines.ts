/**
 * Few sockets for many conversations. A line is a conversation with one BMC: it has an id, by which
 * the BMC addresses it, and gets nothing but well-formed packets of that BMC that are meant for it.
 */

import { isIPv6, SocketAddress } from 'node:net';
import { IpmiError } from '../errors.ts';
import { decodeRmcp } from '../packet/rmcp.ts';
import type { Pong } from '../packet/rmcp.ts';
import { decodeFrame, payloads } from '../packet/session-header.ts';
import type { Frame, Framed } from '../packet/session-header.ts';
import type { Random } from '../time.ts';
import type { OpenSocket, Peer, UdpSocket } from '../udp.ts';

export type Arrival = Frame | { readonly kind: 'pong'; readonly pong: Pong };

export interface Line {
  /** Unpredictable, not 0. */
  readonly id: number;
  /** @param failed called where the packet cannot have left this machine */
  send(bytes: Buffer, failed: (error: Error) => void): void;
  /** Who gets what arrives from now on. What is `malformed` it may refuse by throwing that. */
  listen(receive: (arrival: Arrival) => void): void;
  close(): void;
}

export interface LineLimits {
  /** Open lines, in all. */
  readonly linesMax: number;
  /** A further socket is opened where one has so many lines. */
  readonly linesPerSocket: number;
}

/** Longer than any packet of IPMI, bytes. */
const packetMax = 4096;

interface Shared {
  readonly family: 4 | 6;
  readonly socket: Promise<UdpSocket>;
  lines: number;
}

interface Open {
  readonly place: string;
  receive: ((arrival: Arrival) => void) | null;
}

const placeOf = ({ address, port }: Peer): string => `${address} ${port}`;

/** One spelling for each address. */
const usualSpelling = ({ address, port }: Peer): Peer => ({
  address: isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address,
  port,
});

/**
 * For whom a packet is; null where only the place says that. While a session is set up the payload
 * names it, at the same place in all; but there are BMCs that refuse with nothing but tag and status.
 */
const addressee = ({ head, payload }: Framed): number | null => {
  if (head.session !== 0) return head.session;
  const isAnswer =
    head.payload === payloads.openSessionResponse ||
    head.payload === payloads.rakp2 ||
    head.payload === payloads.rakp4;
  if (!isAnswer) return 0;
  return payload.length >= 8 ? payload.readUInt32LE(4) : null;
};

export class Lines {
  readonly #openSocket: OpenSocket;
  readonly #random: Random;
  readonly #limits: LineLimits;
  readonly #sockets = new Set<Shared>();
  readonly #byId = new Map<number, Open>();
  /** Outside of sessions nothing but the place says for whom an answer is. */
  readonly #byPlace = new Map<string, Set<Open>>();
  #isClosed = false;
  #dropped = 0;

  constructor(openSocket: OpenSocket, random: Random, limits: LineLimits) {
    this.#openSocket = openSocket;
    this.#random = random;
    this.#limits = limits;
  }

  /** Packets that were not well-formed, or for nobody. */
  get dropped(): number {
    return this.#dropped;
  }

  get open(): number {
    return this.#byId.size;
  }

  get sockets(): number {
    return this.#sockets.size;
  }

  /** Throws `limit`, `closed`, or `network` where there is no socket to be had. */
  async line(to: Peer): Promise<Line> {
    if (this.#isClosed) throw new IpmiError('closed', 'the IPMI client is closed');
    if (this.#byId.size >= this.#limits.linesMax)
      throw new IpmiError('limit', `more than ${this.#limits.linesMax} sessions`);
    const peer = usualSpelling(to);
    const open: Open = { place: placeOf(peer), receive: null };
    const id = this.#add(open);
    const shared = this.#socketFor(isIPv6(peer.address) ? 6 : 4);
    shared.lines++;
    const close = (): void => {
      if (!this.#remove(id, open)) return;
      shared.lines--;
    };
    let socket: UdpSocket;
    try {
      socket = await shared.socket;
    } catch (cause) {
      close();
      throw new IpmiError('network', 'no UDP socket can be opened', { cause });
    }
    return {
      id,
      send: (bytes, failed) => socket.send(bytes, peer, failed),
      listen(receive) {
        open.receive = receive;
      },
      close,
    };
  }

  close(): void {
    this.#isClosed = true;
    for (const { socket } of this.#sockets)
      socket.then(
        (opened) => opened.close(),
        () => undefined,
      );
    this.#sockets.clear();
    this.#byId.clear();
    this.#byPlace.clear();
  }

  #add(open: Open): number {
    let id = 0;
    while (id === 0 || this.#byId.has(id)) id = this.#random(4).readUInt32LE(0);
    this.#byId.set(id, open);
    const there = this.#byPlace.get(open.place) ?? new Set();
    this.#byPlace.set(open.place, there.add(open));
    return id;
  }

  #remove(id: number, open: Open): boolean {
    if (this.#byId.get(id) !== open) return false;
    this.#byId.delete(id);
    open.receive = null;
    const there = this.#byPlace.get(open.place);
    there?.delete(open);
    if (there?.size === 0) this.#byPlace.delete(open.place);
    return true;
  }

  #socketFor(family: 4 | 6): Shared {
    for (const shared of this.#sockets)
      if (shared.family === family && shared.lines < this.#limits.linesPerSocket) return shared;
    const receive = (bytes: Buffer, from: Peer): void => this.#arrived(bytes, from);
    const shared: Shared = { family, socket: this.#openSocket(family, receive), lines: 0 };
    this.#sockets.add(shared);
    shared.socket.catch(() => this.#sockets.delete(shared));
    return shared;
  }

  /** Whatever arrives, nothing is thrown: a packet that is no good is dropped. */
  #arrived(bytes: Buffer, from: Peer): void {
    try {
      const receivers = bytes.length > packetMax ? [] : this.#delivery(bytes, placeOf(from));
      if (receivers.length === 0) this.#dropped++;
      // Each looks whether it is meant, so that what is malformed is so for all of them.
      for (const deliver of receivers) deliver();
    } catch (error) {
      if (!(error instanceof IpmiError && error.reason === 'malformed')) throw error;
      this.#dropped++;
    }
  }

  #delivery(bytes: Buffer, place: string): (() => void)[] {
    const rmcp = decodeRmcp(bytes);
    if (rmcp.kind === 'ping') return [];
    const arrival: Arrival = rmcp.kind === 'pong' ? rmcp : decodeFrame(rmcp.body);
    const id = arrival.kind === 'framed' ? addressee(arrival) : null;
    if (id === null)
      return [...(this.#byPlace.get(place) ?? [])].map((open) => () => open.receive?.(arrival));
    const open = this.#byId.get(id);
    return open?.place === place ? [() => open.receive?.(arrival)] : [];
  }
}
