/**
 * OBMs of machines that are not there, for trials and demonstrations. With an address the console is whatever a TCP
 * server there writes, and the machine has only its power.
 */

import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ObmError } from '../../errors.ts';
import { oneOf } from '../../schema.ts';
import type { Time } from '../../time.ts';
import { pause } from '../../time.ts';
import type {
  BootRequest,
  BootSetting,
  ConsoleLink,
  ConsoleSink,
  Driver,
  DriverKind,
  Identity,
  Inventory,
  PowerAction,
  PowerObservation,
  PowerOutcome,
  Sensors,
  SystemEvent,
} from '../driver.ts';
import { Machine } from './machine.ts';

const faults = ['no-answer', 'credentials-refused', 'busy', 'refused', 'outcome-unknown'] as const;

const schema = Type.Object(
  {
    addr: Type.Optional(
      Type.String({
        pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[0-9A-Za-z._-]+):\\d{1,5}$',
        maxLength: 260,
        description:
          'host:port of a TCP server that is the console; a simulated machine unless said',
      }),
    ),
    name: Type.Optional(
      Type.String({
        pattern: '^[0-9A-Za-z._-]{1,64}$',
        description: 'what the machine calls itself; dummy unless said',
      }),
    ),
    boot_ms: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 600_000,
        description: 'how long it starts; 2,000 unless said',
      }),
    ),
    latency_ms: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 600_000,
        description: 'before every answer; 0 unless said',
      }),
    ),
    fault: Type.Optional(
      oneOf(faults, { description: 'why everything fails; nothing does unless said' }),
    ),
  },
  { additionalProperties: false },
);
type DummyInfo = Static<typeof schema>;

const portOf = (addr: string): number => Number(addr.slice(addr.lastIndexOf(':') + 1));

class Dummy implements Driver {
  readonly #info: DummyInfo;
  readonly #time: Time;
  readonly #machine: Machine;
  readonly #guid: string;
  #close: (why: Error) => void = () => undefined;

  constructor(info: DummyInfo, time: Time, guid: string) {
    this.#info = info;
    this.#time = time;
    this.#machine = new Machine(time, info.name ?? 'dummy', info.boot_ms ?? 2_000);
    this.#guid = guid;
  }

  async observePower(signal: AbortSignal): Promise<PowerObservation> {
    await this.#answer(signal);
    return { state: this.#machine.isOn ? 'on' : 'off', detail: null };
  }

  async power(action: PowerAction, signal: AbortSignal): Promise<PowerOutcome> {
    try {
      await this.#answer(signal);
    } catch (error) {
      if (!(error instanceof ObmError) || error.reason !== 'outcome-unknown') throw error;
      this.#machine.power(action);
      return { outcome: 'unknown', by: 'nothing', instead: null, reason: error };
    }
    const { isOn } = this.#machine;
    if (isOn ? action === 'on' : action === 'off' || action === 'soft')
      return { outcome: 'done', by: 'state', instead: null, reason: null };
    this.#machine.power(action);
    const instead = !isOn && (action === 'cycle' || action === 'reset') ? 'on' : null;
    return { outcome: 'done', by: 'answer', instead, reason: null };
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    await this.#answer(signal);
    const names = { serial: null, manufacturer: 'Halcyon', product: 'dummy', firmware: '1.0' };
    return { guid: this.#guid, ...names };
  }

  async bootDevice(signal: AbortSignal): Promise<BootSetting> {
    await this.#answer(signal);
    const { once, persistent } = this.#machine;
    return { ...(once ?? persistent), persistent: once === null, note: null };
  }

  async setBootDevice(request: BootRequest, signal: AbortSignal): Promise<BootSetting> {
    await this.#answer(signal);
    const { device, persistent } = request;
    const efi = request.efi ?? this.#machine.persistent.efi;
    this.#machine.once = persistent ? null : { device, efi };
    if (persistent) this.#machine.persistent = { device, efi };
    return { device, persistent, efi, note: null };
  }

  async light(seconds: number | 'on' | 'off', signal: AbortSignal): Promise<void> {
    await this.#answer(signal);
    this.#machine.lamp = seconds !== 'off' && seconds !== 0;
  }

  async sensors(signal: AbortSignal): Promise<Sensors> {
    await this.#answer(signal);
    const { isOn } = this.#machine;
    const read = (name: string, unit: string, on: number): Sensors['sensors'][number] => ({
      ...{ name, unit, value: isOn ? on : null, status: isOn ? 'ok' : 'unknown' },
      note: isOn ? null : 'not read, the machine is off',
    });
    const sensors = [
      read('CPU Temp', '°C', 41),
      read('FAN 1', 'RPM', 5400),
      read('12V', 'V', 12.1),
    ];
    return { sensors, missing: [] };
  }

  async systemEvents(signal: AbortSignal): Promise<readonly SystemEvent[]> {
    await this.#answer(signal);
    return Array.from({ length: this.#machine.starts }, (_, i) => ({
      ...{ id: String(i + 1), at: null, severity: 'ok' as const, text: 'system boot: initiated' },
    }));
  }

  async inventory(signal: AbortSignal): Promise<Inventory> {
    await this.#answer(signal);
    return { 'product name': 'dummy', 'product manufacturer': 'Halcyon' };
  }

  async openConsole(sink: ConsoleSink, signal: AbortSignal): Promise<ConsoleLink> {
    await this.#answer(signal);
    const { addr } = this.#info;
    return addr === undefined ? this.#simulated(sink) : this.#dial(addr, sink, signal);
  }

  async releaseConsole(signal: AbortSignal): Promise<void> {
    await this.#answer(signal);
    this.#close(new ObmError('console-taken', 'the console was taken'));
  }

  async close(): Promise<void> {
    this.#close(new ObmError('closed', 'closed'));
    this.#machine.power('off');
  }

  #simulated(sink: ConsoleSink): ConsoleLink {
    const { promise: ended, resolve } = Promise.withResolvers<Error>();
    const end = (why: Error): void => {
      this.#machine.listen(null);
      resolve(why);
    };
    this.#close(new ObmError('console-taken', 'somebody else took the console'));
    this.#close = end;
    this.#machine.listen((bytes) => sink.data(bytes));
    return {
      write: async (bytes) => this.#machine.type(bytes),
      sendBreak: async () => sink.data(Buffer.from('\r\n[break]\r\n')),
      ended,
      close: async () => end(new ObmError('closed', 'closed')),
    };
  }

  #dial(addr: string, sink: ConsoleSink, signal: AbortSignal): Promise<ConsoleLink> {
    const { promise: ended, resolve: end } = Promise.withResolvers<Error>();
    return new Promise((resolve, reject) => {
      const host = addr.slice(0, addr.lastIndexOf(':')).replace(/^\[|\]$/g, '');
      const giveUp = (): void => {
        reject(signal.reason as Error);
        socket.destroy();
      };
      signal.addEventListener('abort', giveUp, { once: true });
      const socket = connect({ host, port: portOf(addr) }, () => {
        signal.removeEventListener('abort', giveUp);
        this.#close = (why) => {
          end(why);
          socket.destroy();
        };
        resolve({
          write: (bytes) => written(socket, bytes),
          sendBreak: () =>
            Promise.reject(new ObmError('unsupported', 'a TCP console knows no break')),
          ended,
          close: async () => this.#close(new ObmError('closed', 'closed')),
        });
      });
      socket.on('data', (bytes) => sink.data(bytes));
      socket.on('error', (cause) => {
        const error = new ObmError('network', `${addr} cannot be reached`, { cause });
        end(error);
        reject(error);
      });
      socket.on('close', () => end(new ObmError('no-answer', 'the connection was closed')));
    });
  }

  async #answer(signal: AbortSignal): Promise<void> {
    const { latency_ms: latency = 0, fault } = this.#info;
    if (latency > 0) await pause(this.#time, latency, signal);
    signal.throwIfAborted();
    if (fault !== undefined) throw new ObmError(fault, `the dummy was told to fail: ${fault}`);
  }
}

const written = (socket: Socket, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) =>
    socket.write(bytes, (cause) =>
      cause ? reject(new ObmError('network', 'the connection was closed', { cause })) : resolve(),
    ),
  );

export const dummy: DriverKind<DummyInfo> = {
  name: 'dummy',
  schema,
  secrets: [],
  problem: ({ addr }) =>
    addr === undefined || (portOf(addr) > 0 && portOf(addr) < 65_536)
      ? null
      : { field: 'addr', message: 'has no port between 1 and 65535' },
  address: () => null,
  open: (info, { time, random }) => new Dummy(info, time, random(16).toString('hex')),
};
