/** Positions, and the seam between what was and what comes. */

import fc from 'fast-check';
import t from 'tap';
import { Ring } from '../../../src/obm/console/ring.ts';
import { settled, Spectator, startConsole } from './played.ts';

const contents = (ring: Ring): Buffer => {
  const pieces: Buffer[] = [];
  for (let position = ring.start; position < ring.end;) {
    const piece = ring.at(position);
    pieces.push(piece);
    position += piece.length;
  }
  return Buffer.concat(pieces);
};

t.test('a ring holds the last bytes, each at its position', async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 9_000 }), { maxLength: 30 });
  const capacities = fc.integer({ min: 4_096, max: 20_000 });
  const origins = fc.constantFrom(0, 1, 4_095, 2 ** 40 + 17);
  fc.assert(
    fc.property(sizes, capacities, origins, (lengths, capacity, origin) => {
      const ring = new Ring(capacity, origin);
      let all = Buffer.alloc(0);
      const held: [Buffer, Buffer][] = [];
      for (const [i, length] of lengths.entries()) {
        const bytes = Buffer.from(Array.from({ length }, (_, at) => (all.length + at + i) % 251));
        ring.append(bytes);
        all = Buffer.concat([all, bytes]);
        if (ring.end !== origin + all.length) return false;
        if (ring.end - ring.start !== Math.min(capacity, all.length)) return false;
        if (!contents(ring).equals(all.subarray(ring.start - origin))) return false;
        if (ring.end > ring.start)
          held.push([ring.at(ring.start), Buffer.from(ring.at(ring.start))]);
        if (ring.memory > capacity + 2 * 4_096) return false;
      }
      // What was handed out is never written again.
      return held.every(([now, then]) => now.equals(then));
    }),
  );
});

t.test('a silent console has no memory, and a little output little', async (t) => {
  const ring = new Ring(128 * 1024, 0);
  t.equal(ring.memory, 0);
  ring.append(Buffer.from('x'));
  t.equal(ring.memory, 4_096);
});

t.test('markers are bounded, and go with the bytes that they stand at', async (t) => {
  const ring = new Ring(4_096, 0);
  for (let i = 0; i < 1_000; i += 1)
    ring.mark({ kind: 'note', at: i, position: 0, text: String(i) });
  t.equal(ring.markersEnd, 1_000);
  t.equal(ring.marker(0)!.marker.text, '872');
  ring.append(Buffer.alloc(5_000));
  t.equal(ring.marker(0), undefined);
  ring.mark({ kind: 'note', at: 0, position: ring.end, text: 'last' });
  t.match(ring.marker(0), { number: 1_000, marker: { text: 'last' } });
});

interface Step {
  readonly kind: 'say' | 'mark' | 'attach' | 'stop' | 'go';
  readonly size: number;
  readonly who: number;
}

t.test(
  '56: whoever attaches at whatever moment sees what is kept and then what comes, no gap and nothing twice',
  async (t) => {
    const steps = fc.array(
      fc.record<Step>({
        kind: fc.constantFrom('say', 'say', 'say', 'mark', 'attach', 'stop', 'go'),
        size: fc.integer({ min: 0, max: 6_000 }),
        who: fc.nat(3),
      }),
      { maxLength: 60 },
    );
    const settings = { ringBytes: 16_384, unreadMax: 16_384 };
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { obm, console, attach } = await startConsole(t, { settings });
        attach({ onSlow: 'skip' });
        await settled();
        const origin = console.status().end;
        let said = Buffer.alloc(0);
        let marks = 0;
        const viewers: ReturnType<typeof attach>[] = [];
        for (const { kind, size, who } of all) {
          const one = viewers[who];
          if (kind === 'say') {
            const bytes = Buffer.from(
              Array.from({ length: size }, (_, i) => (said.length + i) % 253),
            );
            said = Buffer.concat([said, bytes]);
            obm.say(bytes);
          } else if (kind === 'mark') console.mark('note', String(marks++));
          else if (kind === 'attach' && viewers.length < 4)
            viewers.push(attach({ onSlow: 'skip', from: { back: size } }));
          else if (kind === 'stop' && one) one.seen.isFull = true;
          else if (kind === 'go' && one) {
            one.seen.isFull = false;
            one.viewer.resume();
          }
        }
        for (const { viewer, seen } of viewers) {
          seen.isFull = false;
          viewer.resume();
          let expected: number | null = null;
          let note = -1;
          for (const item of seen.items) {
            if ('kind' in item) {
              if (item.kind === 'skipped') expected = null;
              if (item.kind !== 'note') continue;
              if (Number(item.text) <= note) return false;
              note = Number(item.text);
              continue;
            }
            if (expected !== null && item.position !== expected) return false;
            const at = item.position - origin;
            if (!item.bytes.equals(said.subarray(at, at + item.bytes.length))) return false;
            expected = item.position + item.bytes.length;
          }
          if (expected !== null && expected !== origin + said.length) return false;
        }
        return true;
      }),
      { numRuns: 60 },
    );
  },
);

t.test('case 14: a viewer goes on behind the last byte that he has seen', async (t) => {
  const { obm, attach } = await startConsole(t);
  const first = attach();
  await settled();
  obm.say('abcdef');
  const last = first.seen.items.filter((item) => 'bytes' in item).at(-1)!;
  const next = last.position + last.bytes.length;
  first.viewer.leave();
  obm.say('ghi');
  const second = attach({ from: { position: next } });
  obm.say('jkl');
  t.equal(second.seen.text, 'ghijkl');
});

t.test('one who comes back after too long is told what he has missed', async (t) => {
  const settings = { ringBytes: 4_096, unreadMax: 4_096 };
  const { obm, console, attach } = await startConsole(t, { settings });
  attach({ onSlow: 'skip' });
  await settled();
  const { end } = console.status();
  obm.say(Buffer.alloc(10_000, 'x'));
  const { seen } = attach({ from: { position: end } });
  t.match(seen.markers[0], {
    kind: 'skipped',
    text: '5904 bytes were skipped; they are in the log',
  });
  t.equal(seen.bytes.length, 4_096);
  const unknown = attach({ from: { position: 17 } });
  t.equal(unknown.seen.kinds[0], 'gap', 'a position of another life is not guessed at');
});

t.test('markers are no bytes: a machine cannot write them', async (t) => {
  const { obm, attach, console } = await startConsole(t);
  const { seen } = attach();
  await settled();
  obm.say('<lost>\x1b[31m{"kind":"power","text":"off"}');
  console.mark('power', 'off \x1b[2J\nand more');
  t.equal(seen.text, '<lost>\x1b[31m{"kind":"power","text":"off"}');
  t.match(seen.markers.at(-1), { kind: 'power', text: 'off ␛[2J␊and more' });
});

t.test('what a sink does about a piece may bring the next', async (t) => {
  const { obm, attach } = await startConsole(t);
  class Echo extends Spectator {
    override data(bytes: Buffer, position: number): boolean {
      super.data(bytes, position);
      if (this.text.length < 5) obm.say(this.text.length.toString());
      return true;
    }
  }
  const sink = new Echo();
  attach({ sink });
  const { seen } = attach();
  await settled();
  obm.say('0');
  t.equal(sink.text, '01234');
  t.equal(seen.text, '01234');
});
