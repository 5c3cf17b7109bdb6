/** The formats on the wire, and the codes: published vectors, and properties. */

import { createCipheriv, createHmac } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { keysOf, rakp2Code, rakp3Code, rakp4Code } from '../../src/ipmi/crypto/key-exchange.ts';
import type { Exchange } from '../../src/ipmi/crypto/key-exchange.ts';
import { Protection } from '../../src/ipmi/crypto/protection.ts';
import { suites } from '../../src/ipmi/crypto/suites.ts';
import type { SuiteName } from '../../src/ipmi/crypto/suites.ts';
import { IpmiError } from '../../src/ipmi/index.ts';
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../src/ipmi/packet/message.ts';
import {
  decodeOpenSessionRequest,
  decodeOpenSessionResponse,
  encodeOpenSessionRequest,
  encodeOpenSessionResponse,
} from '../../src/ipmi/packet/open-session.ts';
import {
  decodeRakp1,
  decodeRakp2,
  decodeRakp3,
  decodeRakp4,
  encodeRakp1,
  encodeRakp2,
  encodeRakp3,
  encodeRakp4,
} from '../../src/ipmi/packet/rakp.ts';
import { decodeRmcp, encodePing, encodePong } from '../../src/ipmi/packet/rmcp.ts';
import { decodeFrame, encodeSetup } from '../../src/ipmi/packet/session-header.ts';
import {
  decodeSolToBmc,
  decodeSolToConsole,
  encodeSolToBmc,
  encodeSolToConsole,
} from '../../src/ipmi/packet/sol.ts';
import { SequenceWindow } from '../../src/ipmi/session/sequence-window.ts';

const bytes = (min: number, max = min): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((array) => Buffer.from(array));
const byte = fc.nat(255);
const word = fc.nat(0xffffffff);
const heading = { netFn: fc.nat(31).map((n) => n * 2), lun: fc.nat(3), sequence: fc.nat(63) };

/** Whatever is not what it should be is refused as malformed, and in no other way. */
const refusesOnly = (decode: (bytes: Buffer) => unknown, given: Buffer): boolean => {
  try {
    decode(given);
    return true;
  } catch (error) {
    return error instanceof IpmiError && error.reason === 'malformed';
  }
};

const algorithms = fc.record({
  authentication: fc.nat(63),
  integrity: fc.nat(63),
  confidentiality: fc.nat(63),
});
const opened = fc.record({ privilege: fc.nat(15), bmc: word.filter((id) => id > 0), algorithms });
const refusal = { tag: byte, status: fc.integer({ min: 1, max: 255 }), console: word };
const solNumbers = {
  ...{ sequence: fc.nat(15), acknowledged: fc.nat(15), accepted: byte, nack: fc.boolean() },
  data: bytes(0, 255),
};

interface Format {
  readonly name: string;
  readonly values: fc.Arbitrary<unknown>;
  readonly encode: (value: never) => Buffer;
  readonly decode: (bytes: Buffer) => unknown;
}

const formats: readonly Format[] = [
  {
    name: 'ping',
    values: fc.record({ kind: fc.constant('ping'), ping: fc.record({ tag: byte }) }),
    encode: ({ ping }) => encodePing(ping),
    decode: decodeRmcp,
  },
  {
    name: 'pong',
    values: fc.record({
      kind: fc.constant('pong'),
      pong: fc.record({ tag: byte, speaksIpmi: fc.boolean() }),
    }),
    encode: ({ pong }) => encodePong(pong),
    decode: decodeRmcp,
  },
  {
    name: 'request',
    values: fc.record({ ...heading, code: byte, data: bytes(0, 64) }),
    encode: encodeRequest,
    decode: decodeRequest,
  },
  {
    name: 'response',
    values: fc.record({ ...heading, code: byte, completion: byte, data: bytes(0, 64) }),
    encode: encodeResponse,
    decode: decodeResponse,
  },
  {
    name: 'Open Session Request',
    values: fc.record({ tag: byte, privilege: fc.nat(15), console: word, algorithms }),
    encode: encodeOpenSessionRequest,
    decode: decodeOpenSessionRequest,
  },
  {
    name: 'Open Session Response',
    values: fc.oneof(
      fc.record({ tag: byte, status: fc.constant(0), console: word, opened }),
      fc.record(refusal),
    ),
    encode: encodeOpenSessionResponse,
    decode: decodeOpenSessionResponse,
  },
  {
    name: 'RAKP 1',
    values: fc.record({
      ...{ tag: byte, bmc: word, random: bytes(16), role: fc.nat(31), user: bytes(0, 16) },
    }),
    encode: encodeRakp1,
    decode: decodeRakp1,
  },
  {
    name: 'RAKP 2',
    values: fc.oneof(
      fc.record({
        ...{ tag: byte, status: fc.constant(0), console: word, random: bytes(16) },
        ...{ guid: bytes(16), code: bytes(32) },
      }),
      fc.record(refusal),
    ),
    encode: encodeRakp2,
    decode: (given) => decodeRakp2(given, 32),
  },
  {
    name: 'RAKP 3',
    values: fc.record({ tag: byte, status: byte, bmc: word, code: bytes(0, 32) }),
    encode: encodeRakp3,
    decode: decodeRakp3,
  },
  {
    name: 'RAKP 4',
    values: fc.oneof(
      fc.record({ tag: byte, status: fc.constant(0), console: word, code: bytes(16) }),
      fc.record(refusal),
    ),
    encode: encodeRakp4,
    decode: (given) => decodeRakp4(given, 16),
  },
  {
    name: 'SOL to the BMC',
    values: fc.record({ ...solNumbers, breaks: fc.boolean() }),
    encode: encodeSolToBmc,
    decode: decodeSolToBmc,
  },
  {
    name: 'SOL to the console',
    values: fc.record({
      ...solNumbers,
      ...{ unavailable: fc.boolean(), deactivated: fc.boolean() },
      ...{ overrun: fc.boolean(), breaks: fc.boolean() },
    }),
    encode: encodeSolToConsole,
    decode: decodeSolToConsole,
  },
];

for (const { name, values, encode, decode } of formats) {
  t.test(`${name}: what is written is read`, async (t) => {
    fc.assert(
      fc.property(values, (value) => {
        t.same(decode(encode(value as never)), value);
      }),
    );
  });

  t.test(`${name}: what is cut off, garbled or foreign is refused, if anything`, async () => {
    const damage = fc.record({ cut: fc.nat(80), at: fc.nat(80), by: byte });
    fc.assert(
      fc.property(values, damage, (value, { cut, at, by }) => {
        const whole = Buffer.from(encode(value as never));
        if (at < whole.length) whole[at]! ^= by;
        return refusesOnly(decode, whole.subarray(0, cut)) && refusesOnly(decode, whole);
      }),
    );
    fc.assert(fc.property(bytes(0, 300), (given) => refusesOnly(decode, given)));
  });
}

t.test('a wrong checksum is noticed, whichever byte is garbled', async (t) => {
  const request = { netFn: 6, lun: 0, sequence: 5, code: 1, data: Buffer.from('abc') };
  const whole = encodeRequest(request);
  for (let at = 0; at < whole.length; at++) {
    const garbled = Buffer.from(whole);
    garbled[at]! ^= 0x10;
    t.throws(() => decodeRequest(garbled), { reason: 'malformed' } as never, `byte ${at}`);
  }
});

t.test('a request has its bytes in the order of the specification', async (t) => {
  // IPMI 2.0 figure 13-5, with the checksums worked out by hand.
  const message = encodeRequest({ netFn: 6, lun: 0, sequence: 2, code: 1, data: Buffer.alloc(0) });
  t.equal(message.toString('hex'), '2018c88108' + '01' + '76');
});

t.test('the code of RAKP 2 is that of the example of hashcat', async (t) => {
  // https://hashcat.net/wiki/doku.php?id=example_hashes, mode 7300, password "hashcat".
  const salt = Buffer.from(
    'b7c2d6f13a43dce2e44ad120a9cd8a13d0ca23f0414275c0bbe1070d2d1299b1' +
      'c04da0f1a0f1e4e2537300263a2200000000000000000000140768617368636174',
    'hex',
  );
  const exchange: Exchange = {
    suite: suites['sha1-aes'],
    console: salt.readUInt32LE(0),
    bmc: salt.readUInt32LE(4),
    consoleRandom: salt.subarray(8, 24),
    bmcRandom: salt.subarray(24, 40),
    guid: salt.subarray(40, 56),
    role: salt.readUInt8(56),
    user: salt.subarray(58),
    password: Buffer.from('hashcat'),
    kg: null,
  };
  t.equal(rakp2Code(exchange).toString('hex'), '472bdabe2d5d4bffd6add7b3ba79a291d104a9ef');
});

t.test('hashes and encryption are those of the published vectors', async (t) => {
  // RFC 2202 and RFC 4231, test case 2; RFC 3602, case 1. They hold the platform to what we rely on.
  const text = 'what do ya want for nothing?';
  t.equal(
    createHmac('sha1', 'Jefe').update(text).digest('hex'),
    'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
  );
  t.equal(
    createHmac('sha256', 'Jefe').update(text).digest('hex'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
  const cipher = createCipheriv(
    'aes-128-cbc',
    Buffer.from('06a9214036b8a15b512e03d534120006', 'hex'),
    Buffer.from('3dafba429d9eb430b422da802c9fac41', 'hex'),
  );
  t.equal(cipher.update('Single block msg').toString('hex'), 'e353779c1079aeb82708942dbe77181a');
});

const exchangeOf = (name: SuiteName): Exchange => ({
  suite: suites[name],
  ...{ console: 0x01020304, bmc: 0x0a0b0c0d, role: 0x14, kg: null },
  ...{ consoleRandom: Buffer.alloc(16, 1), bmcRandom: Buffer.alloc(16, 2) },
  ...{ guid: Buffer.alloc(16, 3), user: Buffer.from('admin'), password: Buffer.from('secret') },
});

t.test('every input of the exchange changes its codes', async (t) => {
  for (const name of ['sha256-aes', 'sha1-aes'] as const) {
    const exchange = exchangeOf(name);
    const codesOf = (one: Exchange): string => {
      const keys = keysOf(one);
      const codes = [rakp2Code(one), rakp3Code(one), rakp4Code(one, keys), keys.k1, keys.k2];
      return codes.map((code) => code.toString('hex')).join();
    };
    const seen = new Set([codesOf(exchange)]);
    for (const change of [
      ...[{ console: 5 }, { bmc: 5 }, { role: 4 }, { kg: Buffer.from('k') }],
      ...[{ consoleRandom: Buffer.alloc(16, 9) }, { bmcRandom: Buffer.alloc(16, 9) }],
      ...[{ guid: Buffer.alloc(16, 9) }, { user: Buffer.from('admim') }],
      { password: Buffer.from('secreu') },
    ])
      seen.add(codesOf({ ...exchange, ...change }));
    t.equal(seen.size, 10, name);
  }
});

const protectionOf = (name: SuiteName, key = 1): Protection =>
  new Protection(
    suites[name],
    { sik: Buffer.alloc(20, key), k1: Buffer.alloc(32, key), k2: Buffer.alloc(32, key + 1) },
    (count) => Buffer.alloc(count, 7),
  );

const framedOf = (packet: Buffer) => {
  const rmcp = decodeRmcp(packet);
  if (rmcp.kind !== 'ipmi') throw new Error('not of IPMI');
  const frame = decodeFrame(rmcp.body);
  if (frame.kind !== 'framed') throw new Error('not framed');
  return frame;
};

for (const name of ['sha256-aes', 'sha1-aes', 'sha1-unencrypted'] as const)
  t.test(`${name}: a packet is opened with its keys, and with no bit changed`, async (t) => {
    fc.assert(
      fc.property(bytes(0, 200), word, word, fc.nat(10_000), (data, session, sequence, where) => {
        const protection = protectionOf(name);
        const packet = protection.seal(0, session, sequence, data);
        const frame = framedOf(packet);
        t.same(protection.open(frame), data);
        t.match(frame.head, { session, sequence, payload: 0 });
        t.equal((packet.length - 4 - suites[name].integrityCode) % 4, 0);
        t.equal(protectionOf(name, 3).open(frame), undefined);
        // Beyond the head of RMCP, which nothing protects.
        const at = 4 + (where % (packet.length - 4));
        packet[at]! ^= 1 << (where % 8);
        t.ok(
          refusesOnly((given) => {
            const opened = protection.open(framedOf(given));
            if (opened !== undefined) throw new Error(`byte ${at} may be changed`);
          }, packet) || !isFramed(packet),
        );
      }),
    );
  });

const isFramed = (packet: Buffer): boolean => {
  try {
    framedOf(packet);
    return true;
  } catch {
    return false;
  }
};

t.test('a session that is protected takes nothing that is not', async (t) => {
  const plain = framedOf(encodeSetup(0, Buffer.from('message')));
  const unencrypted = framedOf(protectionOf('sha1-unencrypted').seal(0, 1, 1, Buffer.from('m')));
  for (const name of ['sha256-aes', 'sha1-aes'] as const) {
    t.equal(protectionOf(name).open(plain), undefined);
    t.equal(protectionOf(name).open(unencrypted), undefined);
  }
});

t.test('integrity pads that go against the specification are refused, unless waived', async (t) => {
  const suite = suites['sha1-unencrypted'];
  const keys = { sik: Buffer.alloc(20), k1: Buffer.alloc(20, 1), k2: Buffer.alloc(20) };
  const sealed = protectionOf('sha1-unencrypted').seal(0, 1, 1, Buffer.from('abc'));
  const covered = sealed.subarray(4, -suite.integrityCode);
  // Pads of zeros instead of 0xff.
  const pad = covered.readUInt8(covered.length - 2);
  t.ok(pad > 0);
  covered.fill(0, covered.length - 2 - pad, covered.length - 2);
  const code = createHmac('sha1', keys.k1).update(covered).digest().subarray(0, 12);
  const frame = framedOf(Buffer.concat([sealed.subarray(0, 4), covered, code]));
  const random = (count: number): Buffer => Buffer.alloc(count);
  t.equal(new Protection(suite, keys, random).open(frame), undefined);
  t.same(new Protection(suite, keys, random, { pads: true }).open(frame), Buffer.from('abc'));
});

t.test('no packet of a session is let in twice, nor one that is too old', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 300 }), (arrivals) => {
      const window = new SequenceWindow();
      const admitted = new Set<number>();
      let newest = 0;
      for (const sequence of arrivals) {
        const expected = !admitted.has(sequence) && sequence > newest - 32;
        t.equal(window.admit(sequence), expected, `${sequence} after ${newest}`);
        if (expected) admitted.add(sequence);
        newest = Math.max(newest, sequence);
      }
    }),
  );
  t.notOk(new SequenceWindow().admit(0));
});
