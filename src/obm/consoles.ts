/** The consoles of all machines that have one: kept while the machine is registered, shown to whoever has a pass. */

import type { AuditEntry } from './console/audit.ts';
import type { Console } from './console/console.ts';
import { ConsoleHub } from './console/hub.ts';
import { readLog } from './console/reading/read-log.ts';
import type { LogItem, LogRange } from './console/reading/read-log.ts';
import { Recordings } from './console/recording/recordings.ts';
import { usualRecording } from './console/recording/settings.ts';
import type { ConsoleSettings } from './console/settings.ts';
import { usualSettings, usualViewerLimits } from './console/settings.ts';
import type { ViewerRequest } from './console/viewer.ts';
import { ObmError } from './errors.ts';
import type { Gate, Pass } from './gate.ts';
import type { ObmLogger } from './logger.ts';
import type { Machine } from './machine.ts';
import { atMost } from './time.ts';
import type { Random, Time } from './time.ts';

export interface ConsolesParts {
  readonly time: Time;
  readonly random: Random;
  readonly logger: ObmLogger;
  readonly gate: Gate;
  /** Where consoles are logged; null: they are not, and kept only while somebody looks. */
  readonly directory: string | null;
  readonly settings?: Partial<ConsoleSettings>;
}

/** Who reads the log of a console. */
export interface LogReader {
  readonly principal: string;
  /** null: the administrator, who always may. */
  readonly pass: Pass | null;
  /** To be aborted when he reads no more. */
  readonly signal: AbortSignal;
}

export interface OpenLog {
  /** Where the last so many bytes begin; see `Recording.startOfLast`. 0: the byte that comes next. */
  readonly startOfLast: (bytes: number) => Promise<number>;
  /** See `readLog`; it ends with the right. */
  readonly read: (range: LogRange) => AsyncGenerator<LogItem, void>;
  /** Aborted when the right has ended: what is on its way is not to arrive. */
  readonly revoked: AbortSignal;
}

const rightOf = ({ epoch, connection }: Pass): string =>
  connection === null ? `token ${epoch}` : `connection ${connection}`;

/** How long OBMs have to take their consoles back when all ends, ms. */
const courtesyMs = 2_000;
/** Longest time that a timer takes, ms. */
const longestMs = 2 ** 31 - 1;

export class Consoles {
  readonly #parts: ConsolesParts;
  readonly #hub = new ConsoleHub(usualViewerLimits);
  readonly #recordings: Recordings | null;
  /** What is done last about each machine's console: a label may be given again at once. */
  readonly #turns = new Map<string, Promise<void>>();
  readonly #passes = new WeakMap<AbortSignal, Pass>();
  /** Logs that are read by a pass. */
  readonly #readings = new Map<AbortController, Pass>();

  #listener: (label: string, entry: AuditEntry) => void = () => undefined;

  private constructor(parts: ConsolesParts, recordings: Recordings | null) {
    this.#parts = parts;
    this.#recordings = recordings;
  }

  /** Rejects as the disk does, or where the directory is somebody else's. */
  static async open(parts: ConsolesParts): Promise<Consoles> {
    const { directory, time, logger } = parts;
    if (directory === null) return new Consoles(parts, null);
    const recordings = await Recordings.open({
      ...{ directory, time, settings: usualRecording },
      trouble: (trouble) => {
        if (trouble === null) logger.warn({}, 'consoles are logged again');
        else logger.error({ since: trouble.since }, trouble.message);
      },
    });
    return new Consoles(parts, recordings);
  }

  /** Keeps the console of a machine from now on. Where it is not kept, the log says why. */
  keep(machine: Machine, epoch: number): void {
    if (!machine.hasConsole) return;
    void this.#next(machine.label, async () => {
      const { label } = machine;
      const { time, random, logger, settings } = this.#parts;
      const recorder = (await this.#recordings?.record(label, epoch)) ?? null;
      this.#hub.add({
        ...{ label, epoch, time, random, recorder },
        settings: { ...usualSettings, ...settings },
        open: (sink, signal) => machine.openConsole(sink, signal),
        release: () => machine.releaseConsole(),
        audit: (entry) => this.#audit(label, entry),
        changed: (change) => {
          if (change.kind === 'connected') logger.info({ obm: label }, 'the console is connected');
          else
            logger.info(
              { obm: label, reason: change.reason.reason },
              'the console is not connected',
            );
        },
      });
    });
  }

  /** Ends it, for all who look. */
  async drop(label: string): Promise<void> {
    await this.#next(label, () => this.#hub.remove(label, 'the OBM is not registered any more'));
  }

  /** undefined for a machine that has none, or whose console is not there yet. */
  get(label: string): Console | undefined {
    return this.#hub.get(label);
  }

  /** Resolves when all that was asked for until now about a machine's console is done. */
  async settled(label: string): Promise<void> {
    await this.#turns.get(label);
  }

  /**
   * Shows a console to whoever has a pass, for as long as it holds: not one byte more after it does not.
   *
   * @throws ObmError as `Console.attach` does; `unsupported` where there is no console
   */
  async attach(
    pass: Pass,
    request: Omit<ViewerRequest, 'epoch' | 'right' | 'signal'> & { readonly signal?: AbortSignal },
  ): Promise<{ console: Console; viewer: ReturnType<Console['attach']> }> {
    await this.settled(pass.label);
    const console = this.get(pass.label);
    if (!console) throw new ObmError('unsupported', 'the OBM has no console');
    if (!this.#parts.gate.holds(pass)) throw new ObmError('closed', 'the right has ended');
    const stop = new AbortController();
    this.#passes.set(stop.signal, pass);
    if (request.signal?.aborted) stop.abort();
    request.signal?.addEventListener('abort', () => stop.abort(), { once: true });
    const viewer = console.attach({
      ...{ ...request, epoch: pass.epoch, signal: stop.signal },
      right: rightOf(pass),
    });
    this.#atEndOf(pass, viewer.request.signal, () =>
      console.endViewers((one) => one === viewer.request, 'the right has expired', 'expired'),
    );
    return { console, viewer };
  }

  /**
   * The log of a console; null where there is none.
   *
   * @throws ObmError `limit`; `closed` where the right has ended
   */
  async openLog(label: string, reader: LogReader): Promise<OpenLog | null> {
    await this.settled(label);
    const recording = this.#recordings?.get(label);
    if (!recording) return null;
    const { principal, pass, signal } = reader;
    if (pass && !this.#parts.gate.holds(pass)) throw new ObmError('closed', 'the right has ended');
    recording.readers.mustHaveRoom(principal);
    const revoked = new AbortController();
    const end = (): void => revoked.abort();
    if (pass && !signal.aborted) {
      this.#readings.set(revoked, pass);
      signal.addEventListener('abort', () => this.#readings.delete(revoked), { once: true });
      this.#atEndOf(pass, signal, end);
    }
    const ended = AbortSignal.any([signal, revoked.signal]);
    const right = pass === null ? 'admin' : rightOf(pass);
    const read = (range: LogRange): AsyncGenerator<LogItem, void> =>
      readLog(recording, range, { principal, right, signal: ended });
    const startOfLast = async (bytes: number): Promise<number> => {
      await recording.flush();
      return recording.startOfLast(bytes);
    };
    return { startOfLast, read, revoked: revoked.signal };
  }

  /** How many read the log of a console by a connection now. */
  readersBy(label: string, connection: string): number {
    const passes = [...this.#readings.values()];
    return passes.filter((pass) => pass.label === label && pass.connection === connection).length;
  }

  /** Whoever holds a pass that holds no more is out when this returns. */
  checkPasses(): void {
    for (const [revoked, pass] of this.#readings)
      if (!this.#parts.gate.holds(pass)) revoked.abort();
    this.#hub.endViewers(({ signal }) => !this.#isIn(signal), 'the right has ended');
  }

  /** The machine may be somebody else's now, who sees nothing of what was before. */
  newOwner(label: string, epoch: number): void {
    const change = async (): Promise<void> => {
      try {
        await this.#hub.get(label)?.newOwner(epoch);
      } catch (error) {
        const { logger } = this.#parts;
        logger.error({ obm: label, err: error }, 'the beginning of its new log is not kept');
      }
    };
    void change();
    // A console that is being opened meanwhile learns of it before anybody looks at it.
    void this.#next(label, change);
  }

  /** Whoever looks is told that it is over; the consoles stay. */
  endViewers(): void {
    this.#hub.endViewers(() => true, 'the daemon stops', 'closed');
  }

  /** Who is told of all that viewers do, instead of whoever was before. Must not throw. */
  listen(listener: (label: string, entry: AuditEntry) => void): void {
    this.#listener = listener;
  }

  /** Gives all consoles back, and writes what waits. Never rejects. */
  async close(): Promise<void> {
    const given = Promise.all(this.#turns.values()).then(() => this.#hub.close());
    // An OBM that hangs takes nothing back; what waits for the disk is written all the same.
    await atMost(this.#parts.time, courtesyMs, given);
    await this.#recordings?.close();
  }

  #isIn(signal: AbortSignal): boolean {
    const pass = this.#passes.get(signal);
    return pass !== undefined && this.#parts.gate.holds(pass);
  }

  /** @param signal aborted when nobody asks any more */
  #atEndOf(pass: Pass, signal: AbortSignal, end: () => void): void {
    const { expires } = pass;
    if (expires === null) return;
    const { time } = this.#parts;
    const left = Math.min(expires - time.now(), longestMs);
    const cancel = time.after(Math.max(left, 0), () => {
      if (this.#parts.gate.holds(pass)) this.#atEndOf(pass, signal, end);
      else end();
    });
    signal.addEventListener('abort', cancel, { once: true });
  }

  #next(label: string, work: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(label) ?? Promise.resolve();
    const turn = before.then(work).catch((error: unknown) => {
      this.#parts.logger.error({ obm: label, err: error }, 'its console is not kept');
    });
    this.#turns.set(label, turn);
    void turn.then(() => {
      if (this.#turns.get(label) === turn) this.#turns.delete(label);
    });
    return turn;
  }

  #audit(label: string, entry: AuditEntry): void {
    this.#listener(label, entry);
    const { what, principal, source, bytes, other } = entry;
    const more = { ...(bytes > 0 ? { bytes } : {}), ...(other ? { other } : {}) };
    this.#parts.logger.info({ obm: label, what, principal, source, ...more }, 'console');
  }
}
