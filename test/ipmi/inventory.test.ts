/** Sensors and inventory: of the simulator, beside ipmitool and FreeIPMI, and of BMCs that make it hard. */

import t from 'tap';
import { decodeFru, readFru, readSensors, valueOf } from '../../src/ipmi/index.ts';
import { decodeSensorRecord } from '../../src/ipmi/commands/sensor-record.ts';
import { clientFor, freeipmi, ipmitool, sessionWith, startSimulator } from './simulator.ts';
import { startBmc } from './played-bmc.ts';
import type { PlayedBmc } from './played-bmc.ts';

interface Shape {
  readonly id?: number;
  readonly number: number;
  readonly name: string;
  readonly type?: number;
  readonly unit?: number;
  readonly format?: number;
  readonly m?: number;
  readonly b?: number;
  readonly bExponent?: number;
  readonly rExponent?: number;
  readonly linearization?: number;
}

/** A full record, IPMI 2.0 table 43-1. */
const fullRecord = (shape: Shape): Buffer => {
  const { id = 1, number, name, type = 1, unit = 1, format = 0, linearization = 0 } = shape;
  const { m = 1, b = 0, bExponent = 0, rExponent = 0 } = shape;
  const bytes = Buffer.alloc(48 + name.length);
  bytes.writeUInt16LE(id);
  bytes.set([0x51, 0x01, bytes.length - 5, 0x20, 0, number, 7, 1, 0x7f, 0x68, type, 0x01], 2);
  bytes.set([format << 6, unit, 0, linearization, m & 0xff, ((m >> 8) & 3) << 6, b & 0xff], 20);
  bytes.set([((b >> 8) & 3) << 6, 0, ((rExponent & 15) << 4) | (bExponent & 15)], 27);
  bytes.writeUInt8(0xc0 | name.length, 47);
  bytes.write(name, 48, 'latin1');
  return bytes;
};

const listed = (bytes: Buffer): string =>
  [...bytes].map((byte) => `0x${byte.toString(16)}`).join(' ');

const inlet: Shape = { number: 1, name: 'Inlet Temp', m: 2, b: 5, bExponent: 1, rExponent: -1 };
const fan: Shape = { number: 2, name: 'Fan 1', type: 4, unit: 18, m: 100 };

t.test('sensors are read as ipmitool and FreeIPMI read them', async (t) => {
  const simulator = await startSimulator(
    t,
    null,
    `main_sdr_add 0x20 ${listed(fullRecord(inlet))}
main_sdr_add 0x20 ${listed(fullRecord({ ...fan, id: 2 }))}
sensor_add 0x20 0 1 0x01 0x01
sensor_set_value 0x20 0 1 0x60 0
sensor_add 0x20 0 2 0x04 0x01
sensor_set_value 0x20 0 2 33 0
`,
  );
  const session = await sessionWith(t, simulator);
  const readings = await readSensors(session);
  t.match(readings, [
    { name: 'Inlet Temp', number: 1, type: 1, unit: '°C', value: 24.2 },
    { name: 'Fan 1', number: 2, type: 4, unit: 'RPM', value: 3300 },
  ]);
  const printed = await ipmitool(simulator, '-c', 'sdr', 'list', 'full');
  const theirs = printed
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  t.same(
    readings.map(({ name, value }) => [name, value]),
    theirs.map(([name, value]) => [name, Number(value)]),
  );
  const shape = ['--no-header-output', '--comma-separated-output', '--quiet-cache'];
  const others = (await freeipmi('ipmi-sensors', simulator, ...shape))
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  t.same(
    readings.map(({ name, value }) => [name, value]),
    others.map(([, name, , value]) => [name, Number(value)]),
  );
});

t.test('readings become values by their factors', async (t) => {
  const value = (shape: Partial<Shape>, raw: number): number | null => {
    const record = decodeSensorRecord(fullRecord({ number: 1, name: 'x', ...shape }));
    return record === null ? null : valueOf(record, raw);
  };
  t.equal(value({ m: -3, b: -100 }, 10), -130);
  t.equal(value({ m: 511, b: -512, rExponent: -3 }, 255), 129.793);
  t.equal(value({ format: 2 }, 0xff), -1);
  t.equal(value({ format: 1 }, 0xff), 0);
  t.equal(value({ format: 1 }, 0xfe), -1);
  t.equal(value({ linearization: 7 }, 4), 0.25);
  t.equal(value({ linearization: 8 }, 12), 144);
  t.equal(value({ linearization: 7 }, 0), null, 'no number');
  t.equal(value({ linearization: 0x70 }, 4), null, 'not by this record');
  t.equal(value({ format: 3 }, 4), null, 'only states');
});

const text = (value: string): Buffer =>
  Buffer.concat([Buffer.of(0xc0 | value.length), Buffer.from(value, 'latin1')]);

const area = (head: number[], fields: readonly Buffer[]): Buffer => {
  const content = Buffer.concat([Buffer.from([1, 0, ...head]), ...fields, Buffer.of(0xc1)]);
  const bytes = Buffer.alloc(Math.ceil((content.length + 1) / 8) * 8);
  content.copy(bytes);
  bytes.writeUInt8(bytes.length / 8, 1);
  bytes.writeUInt8(-bytes.reduce((sum, byte) => sum + byte, 0) & 0xff, bytes.length - 1);
  return bytes;
};

const board = area([0, 0, 0, 0], ['ACME', 'Board X', 'B-0042', 'PN-1'].map(text));
const product = area([0], ['ACME', 'Server 9', 'SV-9', '1.0', 'S-0815', 'rack 7'].map(text));
const header = Buffer.of(1, 0, 0, 1, 1 + board.length / 8, 0, 0, 0);
header.writeUInt8(-header.reduce((sum, byte) => sum + byte, 0) & 0xff, 7);
const fru = Buffer.concat([header, board, product]);

t.test('the inventory is read as ipmitool and FreeIPMI read it', async (t) => {
  const simulator = await startSimulator(
    t,
    null,
    `mc_add_fru_data 0x20 0 ${fru.length} data ${listed(fru)}\n`,
  );
  const session = await sessionWith(t, simulator);
  const bytes = await readFru(session);
  t.same(bytes, fru);
  const inventory = decodeFru(bytes);
  const printed = await ipmitool(simulator, 'fru', 'print', '0');
  const shown = (name: string): string | undefined =>
    new RegExp(`^ ${name} *: (.*)$`, 'm').exec(printed)?.[1];
  t.match(inventory.board, {
    manufacturer: shown('Board Mfg'),
    product: shown('Board Product'),
    serial: shown('Board Serial'),
    part: shown('Board Part Number'),
  });
  t.match(inventory.product, {
    manufacturer: shown('Product Manufacturer'),
    name: shown('Product Name'),
    part: shown('Product Part Number'),
    version: shown('Product Version'),
    serial: shown('Product Serial'),
    asset: shown('Product Asset Tag'),
  });
  t.equal(inventory.product?.serial, 'S-0815');
  const theirs = await freeipmi('ipmi-fru', simulator, '--ignore-sdr-cache');
  for (const value of Object.values({ ...inventory.board, ...inventory.product }))
    t.match(theirs, `: ${String(value)}\n`);
});

t.test('an area that is damaged is taken for absent, and a header for malformed', async (t) => {
  const damaged = Buffer.from(fru);
  damaged[20]! ^= 1;
  t.match(decodeFru(damaged), { board: null, product: { serial: 'S-0815' } });
  damaged[3]! ^= 1;
  t.throws(() => decodeFru(damaged), { reason: 'malformed' } as never);
  t.throws(() => decodeFru(Buffer.alloc(0)), { reason: 'malformed' } as never);
});

/** A BMC with sensors and inventory that gives 16 bytes at a time, and one reservation at all. */
const difficult = (bmc: PlayedBmc): void => {
  const records = [fullRecord(inlet), fullRecord({ ...fan, id: 2 })];
  let reservation = 0;
  bmc.handlers.set('10/34', () => {
    const data = Buffer.alloc(2);
    data.writeUInt16LE(++reservation);
    return { data };
  });
  bmc.handlers.set('10/35', (request) => {
    const [id, offset, count] = [request.readUInt16LE(2), request[4]!, request[5]!];
    if (request.readUInt16LE(0) !== reservation) return { completion: 0xc5 };
    if (count > 16) return { completion: 0xca };
    const at = Math.max(0, id - 1);
    const next = Buffer.alloc(2);
    next.writeUInt16LE(at + 1 < records.length ? at + 2 : 0xffff);
    return { data: Buffer.concat([next, records[at]!.subarray(offset, offset + count)]) };
  });
  bmc.handlers.set('4/45', (request) => ({
    data: request[0] === 1 ? Buffer.of(0x60, 0x40, 0xc0) : Buffer.of(0, 0x60),
  }));
  bmc.handlers.set('10/16', () => ({ data: Buffer.of(fru.length & 0xff, fru.length >> 8, 0) }));
  bmc.handlers.set('10/17', (request) => {
    const [offset, count] = [request.readUInt16LE(1), request[3]!];
    if (count > 16) return { completion: 0xca };
    const data = fru.subarray(offset, offset + count);
    return { data: Buffer.concat([Buffer.of(data.length), data]) };
  });
};

t.test(
  'case 4, quirk 4: small pieces and lost reservations, with two readers at once',
  async (t) => {
    const bmc = await startBmc(t);
    difficult(bmc);
    const ipmi = clientFor(t);
    const both = await Promise.all([ipmi.open(bmc.options()), ipmi.open(bmc.options())]);
    const results = await Promise.all(
      both.map(async (session) => [await readSensors(session), await readFru(session)] as const),
    );
    for (const [sensors, bytes] of results) {
      t.match(sensors, [
        { name: 'Inlet Temp', value: 24.2 },
        { name: 'Fan 1', value: null, states: null },
      ]);
      t.same(bytes, fru);
    }
    t.ok(bmc.executed.length < 300, `${bmc.executed.length} requests`);
  },
);
