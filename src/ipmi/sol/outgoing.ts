/**
 * Characters on their way to a machine: one packet at a time, sent again until it is acknowledged;
 * what the BMC has not taken goes into the next. IPMI 2.0 §15.11.
 */

import { IpmiError } from '../errors.ts';
import type { SolToBmc, SolToConsole } from '../packet/sol.ts';
import type { Cancel, Random, Time } from '../time.ts';
import { waitAfter } from '../time.ts';

export interface OutgoingSettings {
  readonly time: Time;
  readonly random: Random;
  /** Characters in one packet. */
  readonly packetMax: number;
  /** Characters that may wait. */
  readonly queueMax: number;
  send(packet: SolToBmc): void;
  /** The BMC acknowledges nothing. */
  silent(): void;
}

interface Piece {
  bytes: Buffer;
  readonly breaks: boolean;
  readonly resolve: () => void;
  readonly reject: (error: IpmiError) => void;
}

interface Flight {
  readonly sequence: number;
  readonly bytes: Buffer;
  readonly breaks: boolean;
  transmissions: number;
}

const patience = { firstMs: 500, attempts: 5 };
/** Until characters that the BMC had no room for are offered again, ms. */
const roomMs = 100;
export const lastSequence = 15;

export class Outgoing {
  readonly #settings: OutgoingSettings;
  readonly #pieces: Piece[] = [];
  #waiting = 0;
  #flight: Flight | null = null;
  /** The BMC has no room: what waits is offered again a little later. */
  #isHeld = false;
  #sequence = 0;
  #cancel: Cancel = () => undefined;
  #ended: IpmiError | null = null;

  constructor(settings: OutgoingSettings) {
    this.#settings = settings;
  }

  /** Resolves when the BMC has taken all of it; rejects with `limit` where too much waits already. */
  write(bytes: Buffer, breaks: boolean): Promise<void> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    if (this.#waiting + bytes.length > this.#settings.queueMax || this.#pieces.length >= 4096)
      return Promise.reject(
        new IpmiError('limit', `more than ${this.#settings.queueMax} characters are waiting`),
      );
    return new Promise((resolve, reject) => {
      this.#pieces.push({ bytes, breaks, resolve, reject });
      this.#waiting += bytes.length;
      if (this.#flight === null && !this.#isHeld) this.#fly();
    });
  }

  acknowledged({ acknowledged, accepted, nack, unavailable }: SolToConsole): void {
    const flight = this.#flight;
    if (flight === null || acknowledged !== flight.sequence) return;
    this.#cancel();
    this.#flight = null;
    const taken = Math.min(accepted, flight.bytes.length);
    const isWhole = !nack && !unavailable && taken === flight.bytes.length;
    this.#isHeld = !isWhole;
    this.#take(taken, !nack);
    if (isWhole) return this.#fly();
    this.#cancel = this.#settings.time.after(taken > 0 && !nack ? 0 : roomMs, () => this.#fly());
  }

  end(error: IpmiError): void {
    this.#ended ??= error;
    this.#cancel();
    for (const { reject } of this.#pieces.splice(0)) reject(error);
  }

  #take(count: number, isBreakTaken: boolean): void {
    const first = this.#pieces[0];
    if (first === undefined) return;
    if (first.breaks) {
      if (!isBreakTaken) return;
      this.#pieces.shift();
      return first.resolve();
    }
    let left = count;
    this.#waiting -= count;
    for (let piece = first; left > 0 || piece.bytes.length === 0;) {
      const from = Math.min(left, piece.bytes.length);
      piece.bytes = piece.bytes.subarray(from);
      left -= from;
      if (piece.bytes.length > 0) return;
      this.#pieces.shift();
      piece.resolve();
      const next = this.#pieces[0];
      if (next === undefined || next.breaks) return;
      piece = next;
    }
  }

  /** Sends what waits, up to the next break. */
  #fly(): void {
    this.#isHeld = false;
    const first = this.#pieces[0];
    if (first === undefined || this.#ended !== null) return;
    this.#sequence = (this.#sequence % lastSequence) + 1;
    this.#flight = {
      sequence: this.#sequence,
      bytes: first.breaks ? Buffer.alloc(0) : this.#gather(),
      breaks: first.breaks,
      transmissions: 0,
    };
    this.#transmit(this.#flight);
  }

  #gather(): Buffer {
    const parts: Buffer[] = [];
    let room = this.#settings.packetMax;
    for (const { bytes, breaks } of this.#pieces) {
      if (breaks || room === 0) break;
      parts.push(bytes.subarray(0, room));
      room -= Math.min(room, bytes.length);
    }
    return Buffer.concat(parts);
  }

  #transmit(flight: Flight): void {
    const { time, random } = this.#settings;
    const { sequence, bytes: data, breaks } = flight;
    this.#settings.send({ sequence, acknowledged: 0, accepted: 0, nack: false, breaks, data });
    this.#cancel = time.after(waitAfter(patience, flight.transmissions++, random), () => {
      if (flight.transmissions < patience.attempts) this.#transmit(flight);
      else this.#settings.silent();
    });
  }
}
