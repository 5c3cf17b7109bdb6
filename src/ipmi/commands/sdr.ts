/** Sensors: IPMI 2.0 §33 (repository), §35 (readings), §36 (conversion), §43 (records). */

import { IpmiError } from '../errors.ts';
import { u16 } from '../packet/octets.ts';
import type { Session } from '../session/session.ts';
import { pause } from '../time.ts';
import { netFns, nothing } from './command.ts';
import type { Command } from './command.ts';
import { decodeSensorRecord, valueOf } from './sensor-record.ts';
import type { SensorRecord } from './sensor-record.ts';

/** IPMI 2.0 §33.11. */
export const reserveSdr: Command<void, number> = {
  name: 'Reserve SDR Repository',
  netFn: netFns.storage,
  code: 0x22,
  repeatable: true,
  encode: nothing,
  decode: (data) => data.u16(),
};

export interface SdrPiece {
  readonly reservation: number;
  readonly record: number;
  readonly offset: number;
  readonly count: number;
}

interface Piece {
  readonly next: number;
  readonly data: Buffer;
}

/** IPMI 2.0 §33.12. `next` is 0xffff after the last record. */
export const getSdr: Command<SdrPiece, Piece> = {
  name: 'Get SDR',
  netFn: netFns.storage,
  code: 0x23,
  repeatable: true,
  encode: ({ reservation, record, offset, count }) =>
    Buffer.concat([u16(reservation), u16(record), Buffer.of(offset, count)]),
  decode: (data) => ({ next: data.u16(), data: data.rest() }),
};

export interface SensorState {
  /** As the sensor gives it. */
  readonly raw: number;
  /** Whether the sensor can be read now; else nothing here means anything. */
  readonly available: boolean;
  /** Bits of the thresholds that are crossed, or the states that hold: IPMI 2.0 table 35-15. */
  readonly states: number;
}

/** IPMI 2.0 §35.14. Takes the number of the sensor. */
export const getSensorReading: Command<number, SensorState> = {
  name: 'Get Sensor Reading',
  netFn: netFns.sensor,
  code: 0x2d,
  repeatable: true,
  encode: (sensor) => Buffer.of(sensor),
  decode(data) {
    const raw = data.u8();
    const flags = data.u8();
    const states = data.left >= 2 ? data.u16() & 0x7fff : data.left === 1 ? data.u8() : 0;
    return { raw, available: (flags & 0x60) === 0x40, states };
  },
};

const headerBytes = 5;
const recordsMax = 4096;
const afterLast = 0xffff;
const firstPiece = 32;
const leastPiece = 8;
const triesMax = 8;
const reservationLost = 0xc5;
const doesNotExist = 0xcb;
const tooLong: ReadonlySet<number> = new Set([0xc7, 0xc8, 0xca, 0xff]);

const completionOf = (error: unknown): number | undefined =>
  error instanceof IpmiError ? error.completion : undefined;

/** Reads records in pieces: as small as the BMC needs, under a reservation that others may break. */
class Repository {
  readonly #session: Session;
  #reservation: number | null = null;
  #piece = firstPiece;

  constructor(session: Session) {
    this.#session = session;
  }

  async record(id: number): Promise<{ next: number; bytes: Buffer }> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#whole(id);
      } catch (error) {
        if (completionOf(error) !== reservationLost || tries === triesMax) throw error;
        this.#reservation = null;
        const { time, random } = this.#session;
        await pause(time, (20 << tries) * (1 + random(1).readUInt8(0) / 256));
      }
    }
  }

  async #whole(id: number): Promise<{ next: number; bytes: Buffer }> {
    const head = await this.#get(id, 0, headerBytes);
    const pieces = [head.data];
    const size = headerBytes + (head.data[4] ?? 0);
    for (let at = head.data.length; at < size;) {
      const { data } = await this.#get(id, at, Math.min(this.#piece, size - at));
      if (data.length === 0) throw new IpmiError('malformed', 'the BMC gives an empty piece');
      pieces.push(data);
      at += data.length;
    }
    return { next: head.next, bytes: Buffer.concat(pieces) };
  }

  async #get(record: number, offset: number, count: number): Promise<Piece> {
    this.#reservation ??= await this.#session.send(reserveSdr);
    const reservation = this.#reservation;
    try {
      return await this.#session.send(getSdr, { reservation, record, offset, count });
    } catch (error) {
      if (!tooLong.has(completionOf(error) ?? 0) || count <= leastPiece) throw error;
      this.#piece = Math.max(leastPiece, count >> 1);
      return this.#get(record, offset, this.#piece);
    }
  }
}

export interface SensorReading extends SensorRecord {
  /** In `unit`; null for a sensor that has only states, or cannot be read now. */
  readonly value: number | null;
  /** null where the sensor cannot be read now. */
  readonly states: number | null;
}

/** The sensors that the repository knows. */
export async function* sensorRecords(session: Session): AsyncGenerator<SensorRecord, void> {
  const repository = new Repository(session);
  let id = 0;
  for (let count = 0; count < recordsMax && id !== afterLast; count++) {
    const found = await repository.record(id).catch((error: unknown) => {
      // There is no first record in an empty repository.
      if (id === 0 && completionOf(error) === doesNotExist) return null;
      throw error;
    });
    if (found === null) return;
    const { next, bytes } = found;
    const record = decodeSensorRecord(bytes);
    if (record !== null) yield record;
    if (next === id || next === 0) return;
    id = next;
  }
}

/** Reads every sensor. One that the BMC cannot read is there without a value. */
export const readSensors = async (session: Session): Promise<SensorReading[]> => {
  const readings: SensorReading[] = [];
  for await (const record of sensorRecords(session))
    readings.push({ ...record, ...(await read(session, record)) });
  return readings;
};

const read = async (
  session: Session,
  record: SensorRecord,
): Promise<Pick<SensorReading, 'value' | 'states'>> => {
  const absent = { value: null, states: null };
  // Sensors of other controllers are behind bridges.
  if (record.owner !== 0x20) return absent;
  try {
    const command = { ...getSensorReading, lun: record.lun };
    const { raw, available, states } = await session.send(command, record.number);
    return available ? { value: valueOf(record, raw), states } : absent;
  } catch (error) {
    if (completionOf(error) === undefined) throw error;
    return absent;
  }
};
