/** A seat at a console, as the page in the browser has it: by a clock and sockets of the test's own. */

import t from 'tap';
import type { ConsoleNews } from '../../src/client/console-protocol.ts';
import { Seat } from '../../src/web/page/pages/console/seat.ts';
import type {
  NotAdmitted,
  Note,
  Socket,
  SocketListener,
} from '../../src/web/page/pages/console/seat-parts.ts';

const me = { principal: 'ada token:1', source: '10.0.0.1' };
const other = { principal: 'bob token:2', source: '10.0.0.2' };

/** A clock that stands still until it is told. */
class Clock {
  at = 0;
  #due: { readonly at: number; readonly run: () => void }[] = [];

  now(): number {
    return this.at;
  }

  after(ms: number, run: () => void): () => void {
    const one = { at: this.at + ms, run };
    this.#due.push(one);
    return () => (this.#due = this.#due.filter((each) => each !== one));
  }

  async pass(ms: number): Promise<void> {
    const end = this.at + ms;
    for (;;) {
      await settled();
      const next = this.#due.toSorted((a, b) => a.at - b.at).find(({ at }) => at <= end);
      if (!next) break;
      this.#due = this.#due.filter((each) => each !== next);
      this.at = Math.max(this.at, next.at);
      next.run();
    }
    this.at = end;
    await settled();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The daemon's side of one connection. */
class Line implements Socket {
  readonly sent: (string | Uint8Array)[] = [];
  isClosed = false;
  bufferedAmount = 0;
  readonly query: Readonly<Record<string, string>>;
  readonly #listener: SocketListener;

  constructor(query: Readonly<Record<string, string>>, listener: SocketListener) {
    this.query = query;
    this.#listener = listener;
  }

  send(what: string | Uint8Array): void {
    this.sent.push(what);
  }

  close(): void {
    this.isClosed = true;
  }

  get wishes(): string[] {
    return this.sent.flatMap((one) =>
      typeof one === 'string' ? [(JSON.parse(one) as { type: string }).type] : [],
    );
  }

  get typed(): string {
    return this.sent
      .map((one) => (typeof one === 'string' ? '' : String(Buffer.from(one))))
      .join('');
  }

  says(...news: ConsoleNews[]): void {
    for (const one of news) this.#listener.told(one);
  }

  writes(text: string): void {
    this.#listener.data(Buffer.from(text));
  }

  welcomes(position: number): void {
    const hello = { type: 'hello', protocol: 1, label: 'n1', may_write: true } as const;
    this.says({ ...hello, principal: me.principal }, { type: 'at', position });
  }

  ends(code: number, why = 'revoked', message = 'the right has ended'): void {
    if (why !== '') this.says({ type: 'ended', why, message, missed: 0 });
    this.#listener.closed(code, '');
  }
}

class Room {
  readonly clock = new Clock();
  readonly lines: Line[] = [];
  readonly notes: Note[] = [];
  readonly marks: string[] = [];
  readonly left: string[] = [];
  /** What was drawn, and marks at their places. */
  shown = '';
  /** Whether it draws at once; else what waits. */
  readonly waiting: (() => void)[] = [];
  draws = true;
  /** Why nobody is let in now. */
  refusal: NotAdmitted | null = null;
  admitted = 0;
  readonly seat = new Seat({
    time: this.clock,
    admit: async () => {
      if (this.refusal) throw new Error(this.refusal.message);
      this.admitted += 1;
      return { id: `c${this.admitted}`, ticket: `t${this.admitted}` };
    },
    leave: async (id) => void this.left.push(id),
    why: () => this.refusal!,
    whyNot: async () => this.refusal,
    connect: (query, listener) => {
      const line = new Line(query, listener);
      this.lines.push(line);
      return line;
    },
    draw: (bytes, drawn) => {
      const run = (): void => {
        this.shown += String(Buffer.from(bytes));
        drawn();
      };
      if (this.draws) run();
      else this.waiting.push(run);
    },
    mark: (kind, text) => {
      this.marks.push(text);
      this.shown += `[${kind}]`;
    },
    note: (note) => void this.notes.push(note),
    changed: () => undefined,
  });

  get line(): Line {
    return this.lines.at(-1)!;
  }

  async enter(position = 0): Promise<Line> {
    await this.seat.sit();
    this.line.welcomes(position);
    return this.line;
  }
}

const status = (link: 'connected' | 'waiting' = 'connected'): ConsoleNews => ({
  ...{ type: 'status', link, reason: null, logged: true, not_kept_since: null },
  viewers: [{ ...me, since: 0, writer: false, idle_ms: null }],
});

const entered = async (): Promise<{ room: Room; seat: Seat; line: Line; notes: Note[] }> => {
  const room = new Room();
  const line = await room.enter(100);
  return { room, seat: room.seat, line, notes: room.notes };
};

t.test('it is read only until one asks, and keys go nowhere else', async (t) => {
  const { room, seat } = await entered();
  t.match(room.line.query, { ticket: 't1' });
  seat.type(Buffer.from('lost'));
  t.equal(room.line.typed, '');
  seat.askToType();
  t.ok(room.line.wishes.includes('request-writer'));
  seat.type(Buffer.from('early'));
  room.line.says({ type: 'role', writer: true, why: 'asked', by: null });
  seat.type(Buffer.from('ls\r'));
  await settled();
  t.equal(room.line.typed, 'ls\r');
  room.line.says({ type: 'role', writer: false, why: 'taken', by: other });
  seat.type(Buffer.from('late'));
  await settled();
  t.equal(room.line.typed, 'ls\r');
  t.match(room.notes.at(-1), { text: /^bob token:2 \(10\.0\.0\.2\) types now/, offer: 'take' });
});

t.test('who types is named where one asks, and is taken over from by saying so', async (t) => {
  const { seat, line } = await entered();
  seat.askToType();
  const holder = { ...other, idle_ms: 65_000 };
  line.says({ type: 'refused', wish: 'request-writer', code: 'busy', message: 'no', holder });
  t.match(seat.holder, { principal: other.principal, idle_ms: 65_000 });
  seat.askToType(true);
  t.equal(seat.holder, null);
  t.equal(line.wishes.at(-1), 'take-writer');
});

t.test('14: what was cut goes on behind the last byte, with a new ticket', async (t) => {
  const { room, seat, line } = await entered();
  line.writes('abc');
  seat.askToType();
  line.says({ type: 'role', writer: true, why: 'asked', by: null });
  line.ends(1006, '');
  t.equal(seat.isWriter, false);
  t.match(seat.link, { kind: 'waiting', why: 'the connection was lost' });
  seat.type(Buffer.from('to nobody'));
  await room.clock.pass(500);
  t.same(room.left, ['c1'], 'the one before is given up');
  t.match(room.line.query, { ticket: 't2', from: '103' });
  room.line.welcomes(103);
  room.line.writes('def');
  t.equal(room.shown, 'abcdef');
  t.equal(seat.missed, 0);
  t.ok(room.line.wishes.includes('request-writer'), 'whoever typed asks to again');
  t.equal(room.line.typed, '', 'and what was typed meanwhile is gone');
  line.writes('of the first connection');
  t.equal(room.shown, 'abcdef', 'what an earlier one says is of no interest');
});

t.test('14: bytes that were skipped are counted, and marked where they are missing', async (t) => {
  const { room, seat, line } = await entered();
  line.writes('abc');
  line.says({ type: 'mark', kind: 'skipped', at: 1, position: 103, text: '897 bytes' });
  line.says({ type: 'at', position: 1000 });
  line.writes('def');
  line.ends(1006, '');
  await room.clock.pass(500);
  t.match(room.line.query, { from: '1003' });
  room.line.welcomes(1010);
  room.line.writes('ghi');
  t.equal(room.shown, 'abc[skipped]def[skipped]ghi');
  t.same(room.marks, ['897 bytes were skipped here', '7 bytes were skipped here']);
  t.equal(seat.missed, 904);
  t.equal(seat.position, 1013);
});

t.test(
  '14: a silent console is asked for, and one that does not answer is had again',
  async (t) => {
    const { room, line } = await entered();
    for (let minute = 0; minute < 10; minute += 1) {
      for (let i = 0; i < 6; i += 1) {
        line.says(status());
        await room.clock.pass(10_000);
      }
    }
    t.equal(room.lines.length, 1, '10 min in silence');
    t.ok(line.wishes.filter((wish) => wish === 'status').length >= 60, 'never idle for 30 s');
    await room.clock.pass(40_000);
    t.equal(room.lines.length, 2);
    t.match(room.notes.at(-1)?.text, /nothing was heard of the station/);
  },
);

t.test('a page whose timers come late is not thought dead', async (t) => {
  const { room, line } = await entered();
  line.says(status());
  room.clock.at += 60_000;
  await room.clock.pass(0);
  t.equal(line.isClosed, false);
  line.says(status());
  room.clock.at += 60_000;
  await room.clock.pass(0);
  t.equal(room.lines.length, 1);
});

t.test('a station that is away is tried with longer and longer pauses', async (t) => {
  const { room, seat, line } = await entered();
  room.refusal = { kind: 'for-now', message: 'no station answers' };
  line.ends(1006, '');
  const waits: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    t.equal(seat.link.kind, 'waiting');
    const ms = (seat.link as { at: number }).at - room.clock.at;
    waits.push(ms);
    await room.clock.pass(ms);
  }
  t.same(waits, [500, 1_000, 2_000, 5_000, 10_000, 10_000]);
  room.refusal = null;
  await room.clock.pass(10_000);
  t.equal(room.lines.length, 2);
});

t.test(
  'one whose time is over is had again; one who was put out is not, and hears why',
  async (t) => {
    const { room, seat, line } = await entered();
    line.ends(4401, 'expired', 'its time is over');
    await room.clock.pass(500);
    t.equal(room.lines.length, 2, 'expired');
    room.line.welcomes(100);
    room.line.ends(4401);
    await room.clock.pass(60_000);
    t.equal(room.lines.length, 2);
    t.same(seat.link, { kind: 'ended', why: 'the right has ended: you were put out' });

    await seat.sit();
    room.line.welcomes(100);
    room.line.ends(4401);
    room.refusal = { kind: 'for-good', message: 'the OBM of n1 is disabled' };
    await room.clock.pass(5_000);
    t.same(seat.link, { kind: 'ended', why: 'the right has ended: the OBM of n1 is disabled' });
  },
);

t.test('where the session has ended, it waits for somebody to sign in', async (t) => {
  const { room, seat, line } = await entered();
  room.refusal = { kind: 'signed-out', message: 'sign in' };
  line.ends(4401);
  await room.clock.pass(10_000);
  t.same(seat.link, { kind: 'signed-out' });
  room.refusal = null;
  await seat.sit();
  t.match(room.line.query, { from: '100' });
});

t.test('15: who sends is told what was drawn, once it was', async (t) => {
  const { room, line } = await entered();
  const drawn = (): number[] =>
    line.sent.flatMap((one) => {
      const said = typeof one === 'string' ? (JSON.parse(one) as { bytes?: number }) : {};
      return said.bytes === undefined ? [] : [said.bytes];
    });
  room.draws = false;
  const piece = 'x'.repeat(20_000);
  for (let i = 0; i < 4; i += 1) line.writes(piece);
  t.same(drawn(), [], 'nothing was drawn');
  room.waiting.shift()!();
  t.same(drawn(), []);
  room.waiting.shift()!();
  t.same(drawn(), [40_000], 'many at once');
  for (const run of room.waiting.splice(0)) run();
  t.same(drawn(), [40_000, 40_000], 'and the rest when nothing waits');

  line.writes(piece);
  line.ends(1006, '');
  await room.clock.pass(500);
  for (const run of room.waiting.splice(0)) run();
  t.notMatch(room.line.wishes, ['drawn'], 'the next connection is told nothing of another’s');
});

t.test('what is typed stays in its order, and waits while much is on its way', async (t) => {
  const { room, seat, line } = await entered();
  line.says({ type: 'role', writer: true, why: 'asked', by: null });
  line.bufferedAmount = 100_000;
  seat.type(Buffer.from('a'.repeat(10_000)));
  seat.type(Buffer.from('b'));
  await room.clock.pass(100);
  t.equal(line.typed, '');
  line.bufferedAmount = 0;
  await room.clock.pass(100);
  t.equal(line.typed, `${'a'.repeat(10_000)}b`);
  const pieces = line.sent.filter((one) => typeof one !== 'string');
  t.ok(pieces.every(({ length }) => length <= 16 * 1024));
});

t.test('who leaves gives the connection up, also one that comes too late', async (t) => {
  const room = new Room();
  const sitting = room.seat.sit();
  room.seat.leave();
  await sitting;
  t.equal(room.lines.length, 0);
  t.same(room.left, ['c1']);
});
