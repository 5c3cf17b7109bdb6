/** The system event log of a BMC: IPMI 2.0 §31, records by §32. */

import { IpmiError } from '../errors.ts';
import { Octets, u16 } from '../packet/octets.ts';
import type { Session } from '../session/session.ts';
import { pause } from '../time.ts';
import { netFns, nothing } from './command.ts';
import type { Command } from './command.ts';

/**
 * A time as the BMC has it, seconds. Below 0x20000000 they count since the BMC's start, else since
 * 1970 in the BMC's own idea of time; null where it has none.
 */
export type BmcTime = number | null;

const unknownTime = 0xffffffff;
const timeOf = (seconds: number): BmcTime => (seconds === unknownTime ? null : seconds);

export interface SelInfo {
  readonly entries: number;
  /** Bytes; null where it is not known. */
  readonly free: number | null;
  readonly lastAdded: BmcTime;
  readonly lastErased: BmcTime;
  /** Entries were lost because there was no room. */
  readonly overflow: boolean;
}

/** IPMI 2.0 §31.2. */
export const getSelInfo: Command<void, SelInfo> = {
  name: 'Get SEL Info',
  netFn: netFns.storage,
  code: 0x40,
  repeatable: true,
  encode: nothing,
  decode(data) {
    data.u8();
    const entries = data.u16();
    const free = data.u16();
    const [lastAdded, lastErased] = [timeOf(data.u32()), timeOf(data.u32())];
    return {
      ...{ entries, lastAdded, lastErased },
      free: free === 0xffff ? null : free,
      overflow: (data.u8() & 0x80) !== 0,
    };
  },
};

/** IPMI 2.0 §31.4. */
export const reserveSel: Command<void, number> = {
  name: 'Reserve SEL',
  netFn: netFns.storage,
  code: 0x42,
  repeatable: true,
  encode: nothing,
  decode: (data) => data.u16(),
};

export interface SelEntryRequest {
  readonly reservation: number;
  /** 0 for the first, 0xffff for the last. */
  readonly record: number;
}

/** IPMI 2.0 §31.5. `next` is 0xffff after the last. */
export const getSelEntry: Command<SelEntryRequest, { next: number; record: Buffer }> = {
  name: 'Get SEL Entry',
  netFn: netFns.storage,
  code: 0x43,
  repeatable: true,
  encode: ({ reservation, record }) =>
    Buffer.concat([u16(reservation), u16(record), Buffer.of(0, 0xff)]),
  decode: (data) => ({ next: data.u16(), record: data.take(16) }),
  refusals: { 0x81: ['busy', 'the SEL is being erased'] },
};

/** What a record is; `data` are the bytes whose meaning depends on it. */
export type SelEntry = { readonly id: number; readonly type: number; readonly data: Buffer } & (
  | {
      readonly kind: 'event';
      readonly at: BmcTime;
      readonly generator: number;
      readonly sensorType: number;
      readonly sensor: number;
      /** IPMI 2.0 table 42-1. */
      readonly eventType: number;
      readonly asserted: boolean;
    }
  | { readonly kind: 'oem'; readonly at: BmcTime; readonly manufacturer: number }
  | { readonly kind: 'oem-timeless' }
);

/** IPMI 2.0 §32.1 to §32.3. */
export const decodeSelRecord = (record: Buffer): SelEntry => {
  const octets = new Octets(record, 'SEL record');
  const [id, type] = [octets.u16(), octets.u8()];
  if (type >= 0xe0) return { kind: 'oem-timeless', id, type, data: octets.take(13) };
  const at = timeOf(octets.u32());
  if (type >= 0xc0) {
    const manufacturer = octets.take(3).readUIntLE(0, 3);
    return { kind: 'oem', id, type, at, manufacturer, data: octets.take(6) };
  }
  const generator = octets.u16();
  octets.u8();
  const [sensorType, sensor, event] = [octets.u8(), octets.u8(), octets.u8()];
  return {
    ...{ kind: 'event', id, type, at, generator, sensorType, sensor },
    eventType: event & 0x7f,
    asserted: (event & 0x80) === 0,
    data: octets.take(3),
  };
};

const afterLast = 0xffff;
const entriesMax = 65_535;
const reservationLost = 0xc5;
const doesNotExist = 0xcb;
const triesMax = 8;

const isCompletion = (error: unknown, completion: number): boolean =>
  error instanceof IpmiError && error.completion === completion;

/** Another reader may cancel our reservation; then a new one is taken, a little later. */
const withReservation = async <T>(
  session: Session,
  use: (reservation: number) => Promise<T>,
): Promise<T> => {
  for (let tries = 1; ; tries++) {
    const reservation = await session.send(reserveSel);
    try {
      return await use(reservation);
    } catch (error) {
      if (!isCompletion(error, reservationLost) || tries === triesMax) throw error;
      await pause(session.time, (20 << tries) * (1 + session.random(1).readUInt8(0) / 256));
    }
  }
};

/**
 * The entries of the SEL from a record on, oldest first, each read as it is asked for. Whole entries
 * need no reservation, so that other readers are not disturbed (IPMI 2.0 §31.4.1).
 *
 * @param from the id of a record; 0 for the first
 */
export async function* selEntries(session: Session, from = 0): AsyncGenerator<SelEntry, void> {
  let record = from;
  for (let count = 0; count < entriesMax && record !== afterLast; count++) {
    let found: { next: number; record: Buffer };
    try {
      found = await session.send(getSelEntry, { reservation: 0, record });
    } catch (error) {
      if (isCompletion(error, doesNotExist)) return;
      throw error;
    }
    yield decodeSelRecord(found.record);
    // A BMC that goes in a circle is not followed.
    if (found.next === record || found.next === 0) return;
    record = found.next;
  }
}

interface ClearRequest {
  readonly reservation: number;
  readonly action: 'erase' | 'ask';
}

const encodeClear = ({ reservation, action }: ClearRequest): Buffer =>
  Buffer.concat([u16(reservation), Buffer.from('CLR'), Buffer.of(action === 'erase' ? 0xaa : 0)]);

/** IPMI 2.0 §31.9. An order: what came in between would be erased by a second one. Says whether it is done. */
export const clearSelCommand: Command<number, boolean> = {
  name: 'Clear SEL',
  netFn: netFns.storage,
  code: 0x47,
  repeatable: false,
  encode: (reservation) => encodeClear({ reservation, action: 'erase' }),
  decode: (data) => (data.u8() & 0x0f) === 1,
};

/** The same, which only asks how far it is. */
export const askClearedSel: Command<number, boolean> = {
  ...clearSelCommand,
  repeatable: true,
  encode: (reservation) => encodeClear({ reservation, action: 'ask' }),
};

/**
 * Erases the SEL, once. `unknown` where the order was not answered and nothing shows that it was
 * carried out, or where it is not finished after half a minute.
 */
export const clearSel = async (session: Session): Promise<'done' | 'unknown'> =>
  withReservation(session, async (reservation) => {
    const before = (await session.send(getSelInfo)).lastErased;
    let isDone = false;
    try {
      isDone = await session.send(clearSelCommand, reservation);
    } catch (error) {
      if (!(error instanceof IpmiError && error.reason === 'outcome-unknown')) throw error;
      const { entries, lastErased } = await session.send(getSelInfo);
      return entries === 0 && lastErased !== before ? 'done' : 'unknown';
    }
    for (let asked = 0; !isDone && asked < 30; asked++) {
      await pause(session.time, 1_000);
      isDone = await session.send(askClearedSel, reservation);
    }
    return isDone ? 'done' : 'unknown';
  });
