/** A console whose link is scripted and whose clock the test turns. */

import { setImmediate } from 'node:timers/promises';
import type { Test } from 'tap';
import { ConsoleHub } from '../../../src/obm/console/hub.ts';
import type { AuditEntry } from '../../../src/obm/console/audit.ts';
import type { Console, Recorder } from '../../../src/obm/console/console.ts';
import type { LinkChange } from '../../../src/obm/console/link-keeper.ts';
import type { Marker } from '../../../src/obm/console/marker.ts';
import { usualLink, usualSettings, usualViewerLimits } from '../../../src/obm/console/settings.ts';
import type { ConsoleSettings, LinkSettings } from '../../../src/obm/console/settings.ts';
import type {
  RoleChange,
  Viewer,
  ViewerEnd,
  ViewerRequest,
  ViewerSink,
} from '../../../src/obm/console/viewer.ts';
import type { ConsoleLink, ConsoleSink } from '../../../src/obm/drivers/driver.ts';
import { ObmError } from '../../../src/obm/errors.ts';
import type { Time } from '../../../src/obm/time.ts';

/** What waits for nothing but each other has happened. */
export const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i += 1) await setImmediate();
};

export class PlayedTime implements Time {
  ms = 0;
  readonly began = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<{ readonly at: number; readonly call: () => void }>();

  monotonic(): number {
    return this.ms;
  }

  now(): number {
    return this.began + this.ms;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.ms + ms, call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass, with all that it sets off. */
  async pass(ms: number): Promise<void> {
    const to = this.ms + ms;
    await settled();
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= to);
      if (due.length === 0) break;
      const next = due.reduce((one, other) => (other.at < one.at ? other : one));
      this.#timers.delete(next);
      this.ms = Math.max(this.ms, next.at);
      next.call();
      await settled();
    }
    this.ms = to;
  }
}

/** An OBM that hands its console out, or says why not. */
export class ScriptedObm {
  /** When it was asked for its console, ms. */
  readonly opened: number[] = [];
  /** When the console was taken from whoever had it, ms. */
  readonly released: number[] = [];
  /** What was typed; a break is null. */
  readonly typed: (Buffer | null)[] = [];
  closed = 0;
  /** Why it does not; null: it does. Asked at each try. */
  refuse: () => ObmError | null = () => null;
  /** How long it takes to answer. */
  answer: () => Promise<void> = () => Promise.resolve();
  /** Called with each link; it may end it. */
  onOpen: () => void = () => undefined;
  /** How it takes what is typed. */
  take: (bytes: Uint8Array | null) => Promise<void> = () => Promise.resolve();
  #sink: ConsoleSink | null = null;
  #end: (reason: Error) => void = () => undefined;
  readonly #time: Time;

  constructor(time: Time) {
    this.#time = time;
  }

  get isOpen(): boolean {
    return this.#sink !== null;
  }

  readonly open = async (sink: ConsoleSink): Promise<ConsoleLink> => {
    this.opened.push(this.#time.monotonic());
    const refusal = this.refuse();
    await this.answer();
    if (refusal !== null) throw refusal;
    this.#sink = sink;
    const ended = new Promise<Error>((resolve) => (this.#end = resolve));
    const type = async (bytes: Uint8Array | null): Promise<void> => {
      await this.take(bytes);
      this.typed.push(bytes && Buffer.from(bytes));
    };
    queueMicrotask(() => this.onOpen());
    return {
      write: type,
      sendBreak: () => type(null),
      ended,
      close: async () => {
        this.closed += 1;
        this.lose(new ObmError('closed', 'closed'));
      },
    };
  };

  readonly release = async (): Promise<void> => {
    this.released.push(this.#time.monotonic());
  };

  /** The machine writes. */
  say(text: string | Buffer): void {
    this.#sink?.data(Buffer.from(text));
  }

  gap(): void {
    this.#sink?.gap();
  }

  /** The link that there is now, also when it is lost. */
  link(): { readonly say: (text: string) => void } {
    const sink = this.#sink;
    return { say: (text) => sink?.data(Buffer.from(text)) };
  }

  lose(reason = new ObmError('no-answer', 'the BMC does not answer')): void {
    this.#sink = null;
    this.#end(reason);
  }

  text(): string {
    return Buffer.concat(this.typed.map((bytes) => bytes ?? Buffer.alloc(0))).toString('latin1');
  }
}

/** One who writes down what he is shown. */
export class Spectator implements ViewerSink {
  readonly items: (Marker | { readonly bytes: Buffer; readonly position: number })[] = [];
  readonly roles: RoleChange[] = [];
  readonly ends: ViewerEnd[] = [];
  /** Takes nothing more. */
  isFull = false;

  data(bytes: Buffer, position: number): boolean {
    this.items.push({ bytes, position });
    return !this.isFull;
  }

  mark(marker: Marker): void {
    this.items.push(marker);
  }

  role(change: RoleChange): void {
    this.roles.push(change);
  }

  end(end: ViewerEnd): void {
    this.ends.push(end);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.items.flatMap((item) => ('bytes' in item ? [item.bytes] : [])));
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  get markers(): Marker[] {
    return this.items.filter((item) => 'kind' in item);
  }

  get kinds(): string[] {
    return this.markers.map(({ kind }) => kind);
  }

  /** In order: what was written, and what stood between, as `<kind>`. */
  get story(): string {
    return this.items
      .map((item) => ('bytes' in item ? item.bytes.toString('latin1') : `<${item.kind}>`))
      .join('');
  }
}

type Asked = Partial<Omit<ViewerRequest, 'sink'>> & { readonly sink?: Spectator };

export interface PlayedConsole {
  readonly time: PlayedTime;
  readonly obm: ScriptedObm;
  readonly hub: ConsoleHub;
  readonly console: Console;
  readonly audit: AuditEntry[];
  readonly changes: LinkChange[];
  readonly attach: (more?: Asked) => { readonly viewer: Viewer; readonly seen: Spectator };
}

interface Played {
  readonly settings?: Partial<ConsoleSettings>;
  readonly link?: Partial<LinkSettings>;
  readonly recorder?: Recorder | null;
  readonly epoch?: number;
  readonly limits?: Partial<typeof usualViewerLimits>;
  readonly prepare?: (obm: ScriptedObm) => void;
}

export const startConsole = async (
  t: Test,
  { settings, link, recorder = null, epoch = 1, limits, prepare }: Played = {},
): Promise<PlayedConsole> => {
  const time = new PlayedTime();
  const obm = new ScriptedObm(time);
  prepare?.(obm);
  const hub = new ConsoleHub({ ...usualViewerLimits, ...limits });
  const audit: AuditEntry[] = [];
  const changes: LinkChange[] = [];
  const console = hub.add({
    ...{ label: 'n1', epoch, open: obm.open, release: obm.release, time, recorder },
    random: (count) => Buffer.alloc(count, 128),
    settings: { ...usualSettings, ...settings, link: { ...usualLink, ...link } },
    audit: (entry) => audit.push(entry),
    changed: (change) => changes.push(change),
  });
  t.teardown(() => hub.close());
  await settled();
  const attach: PlayedConsole['attach'] = ({ sink = new Spectator(), ...more } = {}) => {
    const viewer = console.attach({
      ...{
        principal: 'alice',
        source: '192.0.2.1',
        epoch: 1,
        mayWrite: true,
        onSlow: 'cut',
        right: 't1',
      },
      ...{ signal: new AbortController().signal, from: { back: 1e9 } },
      ...{ ...more, sink },
    });
    return { viewer, seen: sink };
  };
  return { time, obm, hub, console, audit, changes, attach };
};

/** Why something was refused; null where it was not. */
export const reasonOf = async (call: () => unknown): Promise<string | null> => {
  try {
    await call();
    return null;
  } catch (error) {
    if (error instanceof ObmError) return error.reason;
    throw error;
  }
};
