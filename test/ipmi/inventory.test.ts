/** Sensors and inventory: of the simulator, beside ipmitool and FreeIPMI, and of BMCs that make it hard. */

import t from 'tap';
import { decodeFru, readFru, readSensors, valueOf } from '../../src/ipmi/index.ts';
import { decodeSensorRecord } from '../../src/ipmi/commands/sensor-record.ts';
import { clientFor, freeipmi, ipmitool, sessionWith, startSimulator } from './simulator.ts';
import { fan, fru, fullRecord, inlet, inventory, twoSensors } from './equipment.ts';
import type { Shape } from './equipment.ts';
import { startBmc } from './played-bmc.ts';
import type { PlayedBmc } from './played-bmc.ts';

t.test('sensors are read as ipmitool and FreeIPMI read them', async (t) => {
  const simulator = await startSimulator(t, null, twoSensors);
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

t.test('the inventory is read as ipmitool and FreeIPMI read it', async (t) => {
  const simulator = await startSimulator(t, null, inventory);
  const session = await sessionWith(t, simulator);
  const bytes = await readFru(session);
  t.same(bytes, fru);
  const decoded = decodeFru(bytes);
  const printed = await ipmitool(simulator, 'fru', 'print', '0');
  const shown = (name: string): string | undefined =>
    new RegExp(`^ ${name} *: (.*)$`, 'm').exec(printed)?.[1];
  t.match(decoded.board, {
    manufacturer: shown('Board Mfg'),
    product: shown('Board Product'),
    serial: shown('Board Serial'),
    part: shown('Board Part Number'),
  });
  t.match(decoded.product, {
    manufacturer: shown('Product Manufacturer'),
    name: shown('Product Name'),
    part: shown('Product Part Number'),
    version: shown('Product Version'),
    serial: shown('Product Serial'),
    asset: shown('Product Asset Tag'),
  });
  t.equal(decoded.product?.serial, 'S-0815');
  const theirs = await freeipmi('ipmi-fru', simulator, '--ignore-sdr-cache');
  for (const value of Object.values({ ...decoded.board, ...decoded.product }))
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
