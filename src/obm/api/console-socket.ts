/** An interactive console: one WebSocket, as `contract/console-protocol.ts` has it. */

import type { FastifyRequest } from 'fastify';
import { Compile } from 'typebox/compile';
import type { RawData, WebSocket } from 'ws';
import {
  consoleCloseCodes,
  consoleProtocol,
  ConsoleWish,
} from '../../contract/console-protocol.ts';
import type { ConsoleNews } from '../../contract/console-protocol.ts';
import { ConnectionError } from '../access/connections.ts';
import type { ConsoleRight } from '../access/tickets.ts';
import type { Visit } from '../access/visits.ts';
import type { ConsoleStatus } from '../console/console.ts';
import type { Marker } from '../console/marker.ts';
import type { RoleChange, ViewerEnd, ViewerSink } from '../console/viewer.ts';
import { ObmError } from '../errors.ts';
import type { Obmd } from '../obmd.ts';
import type { Asker } from '../orders.ts';
import { Paces } from '../paces.ts';
import type { Cancel, Time } from '../time.ts';
import type { ConsoleView } from './console-view.ts';
import { cutOff } from './cut-off.ts';

export interface SocketParts {
  readonly obmd: Obmd;
  readonly time: Time;
  readonly right: ConsoleRight;
  readonly asker: Asker;
  readonly view: ConsoleView;
}

/** Bytes that wait to be sent, at which the console waits; it goes on when half of them are left. */
const unsentMax = 64 * 1024;
/** At which a viewer is cut that asks and does not read what he is answered. */
const unsentLimit = 512 * 1024;
/** Typed bytes that wait for the OBM, at which nothing more is read of the viewer. */
const typedMax = 16 * 1024;
/** A viewer that does not answer from one ping to the next is gone, ms. */
const pingMs = 15_000;
/** How long he has to take leave, ms. */
const leaveMs = 1_000;
/** Between two refusals of what is typed, ms. */
const refusalMs = 1_000;
/** What he may ask for: so often at once, then at this pace. */
const wishPace = { burst: 20, everyMs: 200, keysMax: 1 };
/** What a close frame has room for besides its code (RFC 6455 §5.5). */
const reasonBytesMax = 123;

const wishes = Compile(ConsoleWish);

const codes: Record<ViewerEnd['why'], number> = {
  left: 1000,
  slow: consoleCloseCodes.tooSlow,
  standstill: consoleCloseCodes.tooSlow,
  revoked: consoleCloseCodes.notAllowed,
  expired: consoleCloseCodes.notAllowed,
  'owner-changed': consoleCloseCodes.notAllowed,
  failed: 1011,
  closed: 1001,
};

export class ConsoleSocket implements ViewerSink {
  readonly #socket: WebSocket;
  readonly #tcp: FastifyRequest['raw']['socket'];
  readonly #source: string;
  readonly #parts: SocketParts;
  readonly #paces: Paces;
  readonly #gone = new AbortController();
  #visit: Visit | null = null;
  /** Position of the byte that would come next. */
  #next: number | null = null;
  readonly #typed: Buffer[] = [];
  #typedBytes = 0;
  #isTyping = false;
  #refusedAt = -Infinity;
  #isAlive = true;
  #cancelPing: Cancel = () => undefined;

  constructor(socket: WebSocket, request: FastifyRequest, parts: SocketParts) {
    this.#socket = socket;
    this.#tcp = request.raw.socket;
    this.#source = request.ip;
    this.#parts = parts;
    this.#paces = new Paces(parts.time, wishPace);
    socket.on('message', (data, isBinary) => this.#received(data, isBinary));
    socket.on('pong', () => (this.#isAlive = true));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#cancelPing();
      this.#typed.length = 0;
      this.#gone.abort();
    });
    this.#pingLater();
    // Nothing that he says is for anybody before he is attached.
    socket.pause();
    void this.#attach();
  }

  data(bytes: Buffer, position: number): boolean {
    if (position !== this.#next) this.#say({ type: 'at', position });
    this.#next = position + bytes.length;
    this.#socket.send(bytes, { binary: true }, () => {
      if (this.#socket.bufferedAmount <= unsentMax / 2) this.#visit?.viewer.resume();
    });
    return this.#socket.bufferedAmount < unsentMax;
  }

  mark({ kind, at, position, text }: Marker): void {
    this.#say({ type: 'mark', kind, at, position, text });
  }

  role({ isWriter: writer, why, by }: RoleChange): void {
    this.#say({ type: 'role', writer, why, by });
  }

  end({ why, message, missed }: ViewerEnd): void {
    const isOver = codes[why] === consoleCloseCodes.notAllowed;
    // What waits to be sent must not arrive any more.
    if (isOver && this.#socket.bufferedAmount > 0) return this.#cut();
    this.#say({ type: 'ended', why, message, missed });
    this.#close(codes[why], message);
  }

  async #attach(): Promise<void> {
    const { obmd, right, asker, view } = this.#parts;
    const { label } = right.pass;
    const { principal, mayWrite } = right;
    const may = mayWrite && view.readOnly !== true;
    const protocol = consoleProtocol;
    this.#say({ type: 'hello', protocol, label, principal, may_write: may });
    try {
      const { signal } = this.#gone;
      // Who types wants to see what comes of it, rather than all that came before.
      const onSlow = view.onSlow ?? 'skip';
      const request = { ...view, onSlow, source: this.#source, signal, sink: this };
      this.#visit = await obmd.access.visits.begin(right, request, asker);
      this.#visit.viewer.resume();
      this.#socket.resume();
    } catch (error) {
      this.#refuseToShow(error as Error);
    }
  }

  #refuseToShow(error: Error): void {
    const why = reasonOf(error);
    const message = messageOf(error);
    this.#say({ type: 'ended', why, message, missed: 0 });
    if (why === 'port-taken') this.#close(consoleCloseCodes.portTaken, message);
    else if (why === 'limit' || why === 'too-often')
      this.#close(consoleCloseCodes.tooMuch, message);
    else if (why === 'closed' || why === 'privilege')
      this.#close(consoleCloseCodes.notAllowed, message);
    else this.#close(1011, message);
  }

  #received(data: RawData, isBinary: boolean): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#isAlive = true;
    const bytes = data as Buffer;
    if (isBinary) return this.#type(bytes);
    if (!this.#paces.take('')) return this.#close(consoleCloseCodes.tooMuch, 'too many wishes');
    const wish = wishIn(bytes);
    if (wish === null)
      return this.#close(consoleCloseCodes.badMessage, 'not a message of the protocol');
    try {
      this.#grant(wish);
    } catch (error) {
      this.#refused(wish.type, error as Error);
    }
  }

  #grant(wish: ConsoleWish): void {
    if (this.#visit === null) return;
    const { console, viewer } = this.#visit;
    switch (wish.type) {
      case 'request-writer': {
        const grant = console.requestWriter(viewer);
        if (grant.isGranted) return;
        const { principal, source } = grant.holder;
        const holder = { principal, source, idle_ms: Math.round(grant.idleMs) };
        const message = `${principal} types, from ${source}; take it from him, or wait`;
        this.#say({ type: 'refused', wish: wish.type, code: 'busy', message, holder });
        return;
      }
      case 'take-writer':
        this.#parts.obmd.access.visits.mustMayTake(this.#parts.right.pass.label);
        return console.takeWriter(viewer);
      case 'give-back':
        return console.giveWriterBack(viewer);
      case 'break':
        void console.sendBreak(viewer).catch((error: Error) => this.#refused('break', error));
        return;
      case 'reconnect': {
        if (!viewer.request.mayWrite)
          throw new ObmError('privilege', 'this console may only be read');
        return console.reconnectNow(viewer.request, { take: wish.take ?? false });
      }
      case 'status':
        return this.#say(statusOf(console.status()));
    }
  }

  /** One piece after the other; what does not fit waits on the viewer's side. */
  #type(bytes: Buffer): void {
    this.#typed.push(bytes);
    this.#typedBytes += bytes.length;
    if (this.#typedBytes >= typedMax) this.#socket.pause();
    if (!this.#isTyping) void this.#typeAll();
  }

  async #typeAll(): Promise<void> {
    if (this.#visit === null) return;
    const { console, viewer } = this.#visit;
    this.#isTyping = true;
    for (let bytes = this.#typed[0]; bytes !== undefined; bytes = this.#typed[0]) {
      try {
        await console.write(viewer, bytes);
      } catch (error) {
        this.#refused('type', error as Error);
      }
      this.#typed.shift();
      this.#typedBytes -= bytes.length;
      if (this.#typedBytes < typedMax && this.#socket.isPaused) this.#socket.resume();
    }
    this.#isTyping = false;
  }

  #refused(wish: ConsoleWish['type'] | 'type', error: Error): void {
    const now = this.#parts.time.monotonic();
    if (wish === 'type' && now - this.#refusedAt < refusalMs) return;
    if (wish === 'type') this.#refusedAt = now;
    this.#say({
      ...{ type: 'refused', wish, code: reasonOf(error), message: messageOf(error), holder: null },
    });
  }

  /** Half of a connection that is not there any more says nothing. */
  #pingLater(): void {
    this.#cancelPing = this.#parts.time.after(pingMs, () => {
      // Of one that is not read for what he has typed no answer is heard.
      if (!this.#isAlive && !this.#socket.isPaused) return this.#cut();
      this.#isAlive = false;
      this.#socket.ping();
      this.#pingLater();
    });
  }

  #say(news: ConsoleNews): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > unsentLimit) return this.#cut();
    this.#socket.send(JSON.stringify(news));
  }

  #close(code: number, reason: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.close(code, Buffer.from(reason).subarray(0, reasonBytesMax).toString('utf8'));
    // He may be paused, and would never be heard to take leave.
    this.#socket.resume();
    const cancel = this.#parts.time.after(leaveMs, () => this.#socket.terminate());
    this.#socket.once('close', cancel);
  }

  #cut(): void {
    cutOff(this.#tcp);
    this.#socket.terminate();
  }
}

const reasonOf = (error: Error): string => {
  if (error instanceof ObmError) return error.reason;
  return error instanceof ConnectionError ? error.code : 'internal';
};

/** What is nobody's business stays in the log of the daemon. */
const messageOf = (error: Error): string =>
  reasonOf(error) === 'internal' ? 'the daemon failed; its log has the details' : error.message;

const wishIn = (bytes: Buffer): ConsoleWish | null => {
  try {
    const wish: unknown = JSON.parse(bytes.toString('utf8'));
    return wishes.Check(wish) ? wish : null;
  } catch {
    return null;
  }
};

const statusOf = ({ link, viewers, isLogged, notKeptSince }: ConsoleStatus): ConsoleNews => ({
  type: 'status',
  link: link.kind === 'closed' ? 'idle' : link.kind,
  reason: link.kind === 'waiting' ? link.reason.message : null,
  logged: isLogged,
  not_kept_since: notKeptSince,
  viewers: viewers.map(({ principal, source, since, isWriter, idleMs }) => ({
    ...{ principal, source, since, writer: isWriter },
    idle_ms: idleMs === null ? null : Math.round(idleMs),
  })),
});
