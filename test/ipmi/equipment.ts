/** What a simulated BMC has: sensors with their records, and an inventory. */

export interface Shape {
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
export const fullRecord = (shape: Shape): Buffer => {
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

export const inlet: Shape = {
  number: 1,
  name: 'Inlet Temp',
  m: 2,
  b: 5,
  bExponent: 1,
  rExponent: -1,
};
export const fan: Shape = { number: 2, name: 'Fan 1', type: 4, unit: 18, m: 100 };

/** Commands of the simulator: `Inlet Temp` at 24.2 °C, and `Fan 1` at 3300 RPM. */
export const twoSensors = `main_sdr_add 0x20 ${listed(fullRecord(inlet))}
main_sdr_add 0x20 ${listed(fullRecord({ ...fan, id: 2 }))}
sensor_add 0x20 0 1 0x01 0x01
sensor_set_value 0x20 0 1 0x60 0
sensor_add 0x20 0 2 0x04 0x01
sensor_set_value 0x20 0 2 33 0
`;

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
/** A board, and the product `Server 9` of ACME, S-0815. */
export const fru = Buffer.concat([header, board, product]);

/** Command of the simulator. */
export const inventory = `mc_add_fru_data 0x20 0 ${fru.length} data ${listed(fru)}\n`;
