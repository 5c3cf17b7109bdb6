/**
 * A seat at the console of a machine: a connection that is had again where it broke off, what is shown and in which
 * order, and whether one types. It knows nothing of how that is drawn; clock, tickets and sockets are handed in.
 */

import type { ConsoleNews, ConsoleWish } from '../../../../client/console-protocol.ts';
import { Drawing } from './drawing.ts';
import { nameOf, skippedText } from './seat-parts.ts';
import type {
  Holder,
  LinkState,
  News,
  NotAdmitted,
  Admission,
  SeatParts,
  Socket,
  Viewer,
} from './seat-parts.ts';

/** Pauses before a lost connection is tried again, ms. */
const pauses = [500, 1_000, 2_000, 5_000, 10_000] as const;
/** When the station is asked why one was put out, ms. */
const whyPauses = [0, 1_000, 3_000] as const;
/** One that has held for so long begins anew with the first pause, ms. */
const steadyMs = 10_000;
/** How often it is asked who looks: which keeps what is silent from being cut, and finds out whether it was; ms. */
const askMs = 10_000;
/** An answer that does not come in that time never does, ms. */
const answerMs = 15_000;
/** A message of a viewer, bytes. */
const typedAtOnce = 8 * 1024;
/** Bytes on their way, at which what is pasted waits. */
const waitingMax = 32 * 1024;
const pasteWaitMs = 30;

/** Marks that are told; the rest is in the log. */
const toldMarks = new Set([
  ...['connected', 'lost', 'gap', 'not-kept', 'started', 'owner', 'power', 'node', 'note', 'break'],
]);
/** After these it is looked anew who is there. */
const viewerMarks = new Set(['attached', 'left', 'writer']);

/** Somebody's own viewer of before may be there still: these pass. */
const passing = new Set([4408, 4409, 4429]);
const [badMessage, notAllowed] = [4400, 4401];

export class Seat {
  link: LinkState = { kind: 'opening' };
  isWriter = false;
  /** Whether one may type at all; null: not known yet. */
  mayWrite: boolean | null = null;
  /** What one is called there. */
  principal: string | null = null;
  viewers: readonly Viewer[] = [];
  /** How the daemon has the console; null: it has not said. */
  console: { readonly link: News<'status'>['link']; readonly reason: string | null } | null = null;
  notKeptSince: number | null = null;
  /** Who typed when one asked to. */
  holder: Holder | null = null;
  /** Bytes of the machine that were never drawn. */
  missed = 0;
  readonly #parts: SeatParts;
  readonly #drawing: Drawing;
  #socket: Socket | null = null;
  #admission: string | null = null;
  /** Position of the byte that comes next; null before the first. */
  #position: number | null = null;
  /** Counts connections: what an earlier one says is of no interest. */
  #round = 0;
  #failures = 0;
  #openSince = 0;
  #askedAt: number | null = null;
  #wantsToType = false;
  #hasAnswered = false;
  #said: News<'ended'> | null = null;
  #isLeft = false;
  #cancel: () => void = () => undefined;
  #typing: Promise<void> = Promise.resolve();

  constructor(parts: SeatParts) {
    this.#parts = parts;
    this.#drawing = new Drawing({
      draw: parts.draw,
      tell: (bytes) => this.#socket?.send(JSON.stringify({ type: 'drawn', bytes })),
    });
  }

  /** Where what was drawn ends in all that the machine wrote; null: nothing came. */
  get position(): number | null {
    return this.#position;
  }

  /** Connects, or tries again at once. */
  async sit(): Promise<void> {
    if (this.#isLeft) return;
    this.#cancel();
    const round = ++this.#round;
    const isOver = (): boolean => round !== this.#round || this.#isLeft;
    this.#socket?.close();
    this.#socket = null;
    this.#become({ kind: 'opening' });
    await this.#giveUp();
    let admission: Admission;
    try {
      admission = await this.#parts.admit();
    } catch (error) {
      if (!isOver()) this.#notAdmitted(this.#parts.why(error));
      return;
    }
    if (isOver()) return void this.#parts.leave(admission.id);
    this.#admission = admission.id;
    this.#said = null;
    this.#drawing.forget();
    const from = this.#position === null ? {} : { from: String(this.#position) };
    this.#socket = this.#parts.connect(
      { ticket: admission.ticket, ...from },
      {
        data: (bytes) => void (isOver() || this.#came(bytes)),
        told: (news) => void (isOver() || this.#told(news)),
        closed: (code, reason) => void (isOver() || this.#closed(code, reason)),
      },
    );
    this.#askedAt = this.#parts.time.now();
    this.#lookLater();
  }

  leave(): void {
    this.#isLeft = true;
    this.#round += 1;
    this.#cancel();
    this.#socket?.close();
    this.#socket = null;
    void this.#giveUp();
  }

  /** To type: `take` instead of whoever does. */
  askToType(take = false): void {
    this.holder = null;
    this.#wantsToType = true;
    this.#ask({ type: take ? 'take-writer' : 'request-writer' });
    this.#parts.changed();
  }

  typeNoMore(): void {
    this.#wantsToType = false;
    this.#ask({ type: 'give-back' });
  }

  forgetHolder(): void {
    this.holder = null;
    this.#parts.changed();
  }

  sendBreak(): void {
    if (this.isWriter) this.#ask({ type: 'break' });
  }

  /** The daemon is to have the console now, from whoever has it where `take`. */
  reconnect(take: boolean): void {
    this.#ask({ type: 'reconnect', ...(take ? { take } : {}) });
  }

  /** Goes to the machine, in its order, and only while one types. */
  type(bytes: Uint8Array): void {
    if (!this.isWriter || bytes.length === 0) return;
    const round = this.#round;
    this.#typing = this.#typing.then(async () => {
      for (let from = 0; from < bytes.length; from += typedAtOnce) {
        while ((this.#socket?.bufferedAmount ?? 0) > waitingMax && round === this.#round)
          await new Promise<void>((resolve) => this.#parts.time.after(pasteWaitMs, resolve));
        // What was typed for one connection is for no other.
        if (!this.isWriter || round !== this.#round) return;
        this.#socket?.send(bytes.subarray(from, from + typedAtOnce));
      }
    });
  }

  #become(link: LinkState): void {
    this.link = link;
    if (link.kind !== 'open') {
      this.isWriter = false;
      this.viewers = [];
      this.console = null;
    }
    this.#parts.changed();
  }

  #ask(wish: ConsoleWish): void {
    if (this.link.kind === 'open') this.#socket?.send(JSON.stringify(wish));
  }

  /** Whether anybody is there shows only by asking. */
  #lookLater(): void {
    const { time } = this.#parts;
    this.#cancel = time.after(askMs, () => {
      // A page that nobody looks at has its timers late: what counts is what was not answered since it was asked.
      if (this.#askedAt !== null && time.now() - this.#askedAt >= answerMs)
        return this.#closed(1006, 'nothing was heard of the station');
      if (this.#askedAt === null) this.#look();
      this.#lookLater();
    });
  }

  #look(): void {
    if (this.link.kind !== 'open') return;
    this.#askedAt ??= this.#parts.time.now();
    this.#ask({ type: 'status' });
  }

  #came(bytes: Uint8Array): void {
    this.#askedAt = null;
    this.#position = (this.#position ?? 0) + bytes.length;
    this.#drawing.add(bytes);
  }

  #told(news: ConsoleNews): void {
    this.#askedAt = null;
    switch (news.type) {
      case 'hello':
        return this.#hello(news);
      case 'at':
        return this.#at(news.position);
      case 'mark':
        return this.#marked(news);
      case 'role':
        return this.#role(news);
      case 'refused':
        return this.#refused(news);
      case 'status':
        this.#hasAnswered = true;
        this.viewers = news.viewers;
        this.console = { link: news.link, reason: news.reason };
        this.notKeptSince = news.not_kept_since;
        return this.#parts.changed();
      case 'ended':
        this.#said = news;
        return;
    }
  }

  #hello({ may_write: mayWrite, principal }: News<'hello'>): void {
    this.mayWrite = mayWrite;
    this.principal = principal;
    this.#openSince = this.#parts.time.now();
    this.#become({ kind: 'open' });
    if (this.#position !== null) this.#parts.note({ text: 'Connected again.', tone: 'good' });
    if (this.#wantsToType && mayWrite) this.#ask({ type: 'request-writer' });
    this.#look();
  }

  /** The stream goes on at another place than behind the last byte: what is between was not, and will not be, drawn. */
  #at(position: number): void {
    const bytes = this.#position === null ? 0 : position - this.#position;
    this.#position = position;
    if (bytes <= 0) return;
    this.missed += bytes;
    this.#drawing.then(() => this.#parts.mark('skipped', skippedText(bytes), true));
    this.#parts.changed();
  }

  #marked({ kind, text }: News<'mark'>): void {
    if (viewerMarks.has(kind)) return this.#look();
    if (!toldMarks.has(kind)) return;
    // Before the daemon has answered anything, it tells what was.
    const isNew = this.#hasAnswered;
    this.#drawing.then(() => this.#parts.mark(kind, `${kind}: ${text}`, isNew));
    if (kind === 'connected' || kind === 'lost') this.#look();
  }

  #role({ writer, why, by }: News<'role'>): void {
    const { note } = this.#parts;
    this.isWriter = writer;
    this.holder = null;
    this.#wantsToType = writer;
    if (writer) note({ text: 'You type now: your keys go to the machine.', tone: 'good' });
    else if (why === 'taken')
      note({ text: `${nameOf(by)} types now. You look on.`, tone: 'bad', offer: 'take' });
    else if (why === 'idle') {
      const text = 'You have typed nothing for long, so others may. You look on.';
      note({ text, tone: 'bad', offer: 'ask' });
    } else note({ text: 'You type no more. You look on.', tone: 'plain' });
    this.#look();
    this.#parts.changed();
  }

  #refused({ wish, message, holder }: News<'refused'>): void {
    if (wish === 'request-writer') this.#wantsToType = false;
    if (holder === null) return this.#parts.note({ text: message, tone: 'bad' });
    this.holder = holder;
    this.#parts.changed();
  }

  #closed(code: number, reason: string): void {
    this.#cancel();
    this.#round += 1;
    this.#socket?.close();
    this.#socket = null;
    const said = this.#said;
    const why = said?.message || reason || 'the connection was lost';
    const isOpen = this.link.kind === 'open';
    if (isOpen && this.#parts.time.now() - this.#openSince >= steadyMs) this.#failures = 0;
    if (code === badMessage) return this.#become({ kind: 'ended', why });
    if (code !== notAllowed || said?.why === 'expired') return this.#wait(why, passing.has(code));
    // Whoever was put out does not come back by himself; and why it was is known to the station alone.
    this.#become({ kind: 'ended', why });
    void this.#findOut(why, this.#round);
  }

  /** The daemon may put out before the station has said that it has to, in its own log. */
  async #findOut(why: string, round: number): Promise<void> {
    for (const ms of whyPauses) {
      await new Promise<void>((resolve) => this.#parts.time.after(ms, resolve));
      const isOver = (): boolean => round !== this.#round || this.#isLeft;
      if (isOver()) return;
      const not = await this.#parts.whyNot();
      if (isOver()) return;
      if (!not || not.kind === 'for-now') continue;
      if (not.kind === 'signed-out') return this.#become({ kind: 'signed-out' });
      return this.#become({ kind: 'ended', why: `${why}: ${not.message}` });
    }
    this.#become({ kind: 'ended', why: `${why}: you were put out` });
  }

  #notAdmitted({ message, kind }: NotAdmitted): void {
    if (kind === 'signed-out') return this.#become({ kind: 'signed-out' });
    if (kind === 'for-good') return this.#become({ kind: 'ended', why: message });
    this.#wait(message, false);
  }

  #wait(why: string, isPassing: boolean): void {
    const { time } = this.#parts;
    const wasOpen = this.link.kind === 'open';
    const ms = pauses[Math.min(this.#failures + (isPassing ? 1 : 0), pauses.length - 1)]!;
    this.#failures += 1;
    this.#become({ kind: 'waiting', why, at: time.now() + ms });
    if (wasOpen) this.#parts.note({ text: `${why}. It is tried again.`, tone: 'bad' });
    this.#cancel = time.after(ms, () => void this.sit());
  }

  async #giveUp(): Promise<void> {
    const id = this.#admission;
    this.#admission = null;
    if (id !== null) await this.#parts.leave(id);
  }
}
