/**
 * The serial console of a machine: one link to it, any number of viewers, one who types, and a log
 * whether or not anybody looks.
 */

import { ObmError } from '../errors.ts';
import type { Cancel, Random, Time } from '../time.ts';
import { Audit } from './audit.ts';
import type { AuditEntry } from './audit.ts';
import type { Bounds } from './bounds.ts';
import { LinkKeeper } from './link-keeper.ts';
import type { LinkChange, LinkOptions, LinkState } from './link-keeper.ts';
import { markerText } from './marker.ts';
import type { Marker, MarkerKind } from './marker.ts';
import { Ring } from './ring.ts';
import { ringBytesLeast, ringBytesMost } from './settings.ts';
import type { ConsoleSettings } from './settings.ts';
import { Typing } from './typing.ts';
import { Viewer } from './viewer.ts';
import type { ViewerEnd, ViewerRequest, Who } from './viewer.ts';
import { Writer } from './writer.ts';
import type { Grant } from './writer.ts';

/** Keeps what a console writes. None of it waits or throws. */
export interface Recorder {
  /** Where the stream goes on; no position of an earlier run is given out again. */
  readonly origin: number;
  /** Since when nothing is kept, ms since the epoch; null where all is well. */
  readonly notKeptSince: number | null;
  /** Whether the last run had the console when it ended; null where that is not known. */
  readonly wasConnected: boolean | null;
  /** @param bytes stay as they are */
  data(bytes: Buffer, position: number, at: number): void;
  mark(marker: Marker): void;
  /**
   * From this position on the log belongs to another owner. Resolves when that outlives this
   * process; until then a restart shows nobody anything older. Rejects as the disk does.
   */
  owner(epoch: number, position: number): Promise<void>;
  /** Writes what waits. Never rejects. */
  close(): Promise<void>;
}

export interface ConsoleOptions extends Pick<LinkOptions, 'open' | 'release'> {
  /** Of the machine. */
  readonly label: string;
  /** Of its present owner. */
  readonly epoch: number;
  readonly time: Time;
  readonly random: Random;
  readonly settings: ConsoleSettings;
  /** null: the console is not logged, and not kept while nobody looks. */
  readonly recorder: Recorder | null;
  readonly bounds: Bounds;
  readonly audit: (entry: AuditEntry) => void;
  /** For a line of the log: never twice the same. */
  readonly changed: (change: LinkChange) => void;
}

export interface ConsoleStatus {
  readonly link: LinkState;
  readonly viewers: readonly ViewerStatus[];
  readonly isLogged: boolean;
  readonly notKeptSince: number | null;
  /** Positions of what can be shown at once. */
  readonly start: number;
  readonly end: number;
}

/** What is told of a console beside all else. */
export interface ConsoleGlance {
  readonly link: LinkState['kind'];
  /** How many look. */
  readonly viewers: number;
  readonly logged: boolean;
}

export interface ViewerStatus extends Who {
  readonly since: number;
  /** Bytes that wait for him. */
  readonly unread: number;
  readonly isWriter: boolean;
  /** How long he has typed nothing, ms; null for one who does not type. */
  readonly idleMs: number | null;
}

/** Bytes that are passed on at a time; no more than the smallest ring holds. */
const pieceBytes = ringBytesLeast;

export class Console {
  readonly label: string;
  readonly #options: ConsoleOptions;
  readonly #ring: Ring;
  readonly #origin: number;
  readonly #keeper: LinkKeeper;
  readonly #audit: Audit;
  readonly #typing: Typing;
  readonly #writer: Writer;
  readonly #viewers = new Set<Viewer>();
  #epoch: number;
  #isClosed = false;
  #cancelLinger: Cancel = () => undefined;

  /** @throws ObmError `settings` */
  constructor(options: ConsoleOptions) {
    const { label, settings, recorder, time } = options;
    if (settings.ringBytes < ringBytesLeast || settings.ringBytes > ringBytesMost)
      throw new ObmError(
        'settings',
        `a console keeps from ${ringBytesLeast} to ${ringBytesMost} bytes, not ${settings.ringBytes}`,
      );
    this.label = label;
    this.#options = options;
    this.#epoch = options.epoch;
    // No position is given out twice, after a restart either: no console writes 1 MB/s for ever.
    this.#origin = recorder?.origin ?? time.now() * 1024;
    this.#ring = new Ring(settings.ringBytes, this.#origin);
    this.#audit = new Audit({ time, audit: options.audit, everyMs: settings.auditMs });
    this.#typing = new Typing({
      max: settings.typedMax,
      link: () => this.#keeper.link,
      typed: (viewer, bytes) => this.#audit.wrote(viewer.request, bytes),
    });
    this.#writer = new Writer({
      time,
      idleMs: settings.writerIdleMs,
      typing: this.#typing,
      audit: this.#audit,
      mark: (kind, text) => this.mark(kind, text),
    });
    this.#keeper = new LinkKeeper({
      ...{ open: options.open, release: options.release, time, random: options.random },
      settings: settings.link,
      sink: {
        data: (bytes) => this.#arrived(bytes),
        gap: () => this.mark('gap', 'some output is missing here'),
      },
      ended: () =>
        this.#typing.drop(
          new ObmError('no-answer', 'the console was lost; the rest was not typed'),
        ),
      changed: (change) => this.#changed(change),
      mayBeOurs: recorder?.wasConnected ?? true,
    });
    this.#wantLink();
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Bytes of memory of what is kept to be shown. */
  get memory(): number {
    return this.#ring.memory;
  }

  get viewers(): ReadonlySet<Viewer> {
    return this.#viewers;
  }

  glance(): ConsoleGlance {
    const { recorder } = this.#options;
    const link = this.#keeper.state.kind;
    return { link, viewers: this.#viewers.size, logged: recorder !== null };
  }

  status(): ConsoleStatus {
    const viewers = [...this.#viewers].map((viewer) => {
      const { principal, source } = viewer.request;
      const isWriter = this.#writer.viewer === viewer;
      const idleMs = isWriter ? this.#writer.idleMs : null;
      return { principal, source, since: viewer.since, unread: viewer.unread, isWriter, idleMs };
    });
    return {
      link: this.#keeper.state,
      viewers,
      isLogged: this.#options.recorder !== null,
      notKeptSince: this.#options.recorder?.notKeptSince ?? null,
      start: this.#ring.start,
      end: this.#ring.end,
    };
  }

  /**
   * Shows the console to somebody: what is kept, then what comes, without a hole or anything twice.
   *
   * @throws ObmError `limit`: too many look; `privilege`: his right is of another owner;
   *   `closed`: the console is not kept any more, or he has ended already
   */
  attach(request: ViewerRequest): Viewer {
    const { settings, bounds, time } = this.#options;
    if (this.#isClosed) throw new ObmError('closed', 'the console is not kept any more');
    if (request.epoch !== this.#epoch)
      throw new ObmError('privilege', 'the right is of another owner of the machine');
    if (request.signal.aborted) throw new ObmError('closed', 'the viewer has ended already');
    if (this.#viewers.size >= settings.viewersMax)
      throw new ObmError(
        'limit',
        `the console has ${settings.viewersMax} viewers, and no more at a time`,
      );
    bounds.enter(request.principal);
    const { standstillMs } = settings;
    const unreadMax = Math.min(settings.unreadMax, settings.ringBytes);
    const viewer = new Viewer(request, this.#ring, { time, unreadMax, standstillMs }, (left) =>
      this.#left(left),
    );
    this.#viewers.add(viewer);
    this.#wantLink();
    this.#audit.tell(request, 'attached');
    this.#tellWhere(viewer);
    this.mark('attached', `${request.principal} looks from ${request.source}`);
    viewer.pump();
    return viewer;
  }

  /** Lets a viewer type if nobody else does. @throws ObmError `privilege`, `closed` */
  requestWriter(viewer: Viewer): Grant {
    return this.#writer.request(viewer);
  }

  /** Lets a viewer type, whoever does. @throws ObmError `privilege`, `closed` */
  takeWriter(viewer: Viewer): void {
    this.#writer.take(viewer);
  }

  giveWriterBack(viewer: Viewer): void {
    this.#writer.giveBack(viewer);
  }

  /**
   * Types. Resolves when the OBM has taken all of it.
   *
   * @throws ObmError `refused`: he does not have the right to type; `limit`: too much waits;
   *   `no-answer`: the console is not connected; `closed`: the rest was not typed
   */
  write(viewer: Viewer, bytes: Uint8Array): Promise<void> {
    return this.#writer.write(viewer, bytes);
  }

  /** Throws as `write` does. */
  sendBreak(viewer: Viewer): Promise<void> {
    return this.#writer.sendBreak(viewer);
  }

  /** Puts down at this place of the stream what happened beside it. */
  mark(kind: MarkerKind, text: string): void {
    const at = this.#options.time.now();
    const marker = { kind, at, position: this.#ring.end, text: markerText(text) };
    this.#ring.mark(marker);
    this.#options.recorder?.mark(marker);
    this.#pump();
  }

  /**
   * Ends viewers. When it returns they have been told, not one byte more reaches them, and what
   * they typed and nobody has taken yet is dropped.
   */
  endViewers(
    which: (request: ViewerRequest) => boolean,
    message: string,
    why: ViewerEnd['why'] = 'revoked',
  ): void {
    for (const viewer of [...this.#viewers]) if (which(viewer.request)) viewer.end(why, message);
  }

  /**
   * The machine has another owner, who sees nothing of what was before. Viewers with rights of
   * other epochs are ended, and none comes any more, when this returns.
   *
   * @returns resolves when a restart knows it too; rejects as the disk does, and then a restart
   *   shows nothing older than itself
   */
  newOwner(epoch: number): Promise<void> {
    if (epoch === this.#epoch) return Promise.resolve();
    this.#epoch = epoch;
    this.endViewers((viewer) => viewer.epoch !== epoch, 'the owner changed', 'owner-changed');
    const { recorder } = this.#options;
    this.#ring.clear();
    const kept = recorder?.owner(epoch, this.#ring.end);
    this.mark('owner', 'the machine has a new owner');
    return kept ?? Promise.resolve();
  }

  /**
   * Tries now to have the console again. Nothing where it is there.
   *
   * @param take from whoever has it
   * @throws ObmError `limit` where that was asked for just before
   */
  reconnectNow(who: Who, { take = false } = {}): void {
    this.#keeper.reconnectNow({ take });
    this.#audit.tell(who, take ? 'take' : 'reconnect');
  }

  /** Ends viewers, gives the console back, and writes what waits for the disk. Never rejects. */
  async close(message = 'the console is not kept any more'): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.endViewers(() => true, message, 'closed');
    this.#cancelLinger();
    await this.#keeper.close();
    this.#audit.flush();
    this.mark('lost', 'the console was given back');
    await this.#options.recorder?.close();
  }

  #arrived(bytes: Buffer): void {
    const { recorder, time } = this.#options;
    const at = time.now();
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      let position = this.#ring.end;
      this.#ring.append(bytes.subarray(from, from + pieceBytes));
      while (recorder !== null && position < this.#ring.end) {
        const kept = this.#ring.at(position);
        recorder.data(kept, position, at);
        position += kept.length;
      }
      this.#pump();
    }
  }

  #pump(): void {
    for (const viewer of this.#viewers) viewer.pump();
  }

  #changed(change: LinkChange): void {
    if (change.kind === 'connected') this.mark('connected', 'the console is connected');
    else this.mark('lost', `the console is not connected: ${change.reason.message}`);
    this.#options.changed(change);
  }

  /** What one has to know before he reads on. */
  #tellWhere(viewer: Viewer): void {
    const { from } = viewer.request;
    if ('position' in from) {
      const isUnknown = from.position < this.#origin || from.position > this.#ring.end;
      const skipped = viewer.position - from.position;
      if (isUnknown) viewer.mark('gap', 'the stream has begun anew since; see the log for it');
      else if (skipped > 0)
        viewer.mark('skipped', `${skipped} bytes were skipped; they are in the log`);
    }
    const since = this.#options.recorder?.notKeptSince ?? null;
    if (since !== null)
      viewer.mark('not-kept', `not logged since ${new Date(since).toISOString()}`);
    const { state } = this.#keeper;
    if (state.kind === 'waiting')
      viewer.mark('lost', `the console is not connected: ${state.reason.message}`);
  }

  #left(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    this.#options.bounds.leave(viewer.request.principal);
    this.#writer.giveBack(viewer);
    this.#typing.drop(new ObmError('closed', 'the viewer has been ended'), viewer);
    this.#audit.tell(viewer.request, 'left');
    this.mark('left', `${viewer.request.principal} looks no more`);
    if (this.#viewers.size > 0 || this.#isClosed) return;
    this.#cancelLinger();
    const { time, settings } = this.#options;
    this.#cancelLinger = time.after(settings.link.lingerMs, () => this.#wantLink());
  }

  #wantLink(): void {
    this.#cancelLinger();
    this.#keeper.want(this.#options.recorder !== null || this.#viewers.size > 0);
  }
}
