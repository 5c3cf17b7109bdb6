/**
 * Connections to machines: one each, made once however many ask for it, and kept, so that the next sweep costs no key
 * exchange. How many there are, how many are made at a time and how long they idle is bounded.
 */

import type { Duplex } from 'node:stream';
import { hearFirst } from './dial.ts';
import type { Dial } from './dial.ts';
import { forwardFailure, socketFailure, SshFailure } from './failure.ts';
import { Gate } from './gate.ts';
import { attemptsOf } from './keys.ts';
import type { KnownHostsStore } from './known-hosts-file.ts';
import { Link } from './link.ts';
import { logIn } from './log-in.ts';
import type { Hop, Target } from './target.ts';
import { pause } from './time.ts';
import type { Cancel, Time } from './time.ts';
import { orAborted } from './waiting.ts';

export interface ConnectionLimits {
  /** For somebody to answer and speak, and again for keys to be agreed on and to log in, ms. */
  readonly connectMs: number;
  /** Connections that are waited for at a time. */
  readonly dialing: number;
  /** Key exchanges at a time: each costs both sides some milliseconds of CPU. */
  readonly handshakes: number;
  /** Connections in all; the one that idles longest goes first. */
  readonly kept: number;
  /** How long one may idle, ms. */
  readonly idleMs: number;
}

export const usualLimits: ConnectionLimits = {
  connectMs: 10_000,
  dialing: 512,
  handshakes: 32,
  kept: 12_000,
  idleMs: 10 * 60_000,
};

export interface ConnectionParts {
  readonly time: Time;
  readonly dial: Dial;
  readonly random: (bytes: number) => Buffer;
  readonly knownHosts: KnownHostsStore;
  readonly hostKeys: 'strict' | 'learn';
  /** Socket of the ssh agent, where there is one. */
  readonly agent: string | undefined;
  readonly limits?: Partial<ConnectionLimits>;
}

/** A gateway is watched more closely, as who waits behind it is to hear of its end within the limit. */
const usualKeepalive = { everyMs: 60_000, missing: 2 };

interface Making {
  readonly link: Promise<Link>;
  readonly leave: AbortController;
  waiting: number;
}

export class Connections {
  readonly #parts: ConnectionParts;
  readonly #limits: ConnectionLimits;
  readonly #dialing: Gate;
  readonly #handshakes: Gate;
  readonly #making = new Map<string, Making>();
  /** The one that was used last is the last. */
  readonly #kept = new Map<string, Link>();
  readonly #idle = new Map<string, Cancel>();
  #isClosed = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#limits = { ...usualLimits, ...parts.limits };
    this.#dialing = new Gate(this.#limits.dialing);
    this.#handshakes = new Gate(this.#limits.handshakes);
  }

  get time(): Time {
    return this.#parts.time;
  }

  get random(): (bytes: number) => Buffer {
    return this.#parts.random;
  }

  /** How many there are now. */
  get size(): number {
    return this.#kept.size;
  }

  /**
   * Does something over the connection to a machine, which is made where there is none. An attempt that several wait for
   * ends with the last of them.
   *
   * @throws {SshFailure} it cannot be reached; the signal's reason, where that is aborted first; what `work` throws
   */
  async use<T>(target: Target, signal: AbortSignal, work: (link: Link) => Promise<T>): Promise<T> {
    const key = JSON.stringify(target);
    const link = await this.#linkTo(key, target, signal);
    const leave = this.#enter(key, link);
    try {
      return await work(link);
    } finally {
      leave();
    }
  }

  /** Ends the connection to a machine, as one that does not answer any more. */
  drop(target: Target): void {
    this.#kept.get(JSON.stringify(target))?.end();
  }

  close(): void {
    this.#isClosed = true;
    const reason = new SshFailure('not-asked', 'the connections are closed');
    for (const { leave } of this.#making.values()) leave.abort(reason);
    for (const link of this.#kept.values()) link.end();
    for (const cancel of this.#idle.values()) cancel();
    this.#idle.clear();
  }

  async #linkTo(key: string, target: Target, signal: AbortSignal): Promise<Link> {
    signal.throwIfAborted();
    if (this.#isClosed) throw new SshFailure('not-asked', 'the connections are closed');
    const kept = this.#kept.get(key);
    if (kept !== undefined && !kept.lost.aborted) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    const making = this.#making.get(key) ?? this.#make(key, target);
    making.waiting += 1;
    try {
      return await orAborted(making.link, signal);
    } finally {
      making.waiting -= 1;
      if (making.waiting === 0) making.leave.abort(signal.reason);
    }
  }

  #make(key: string, target: Target): Making {
    const leave = new AbortController();
    const link = this.#connect(target, leave.signal)
      .then((made) => {
        if (this.#isClosed) {
          made.end();
          throw new SshFailure('not-asked', 'the connections are closed');
        }
        this.#keep(key, made);
        return made;
      })
      .finally(() => this.#making.delete(key));
    // Whoever waits hears of it; nobody may.
    link.catch(() => {});
    const making = { link, leave, waiting: 0 };
    this.#making.set(key, making);
    return making;
  }

  #keep(key: string, link: Link): void {
    this.#kept.set(key, link);
    link.lost.addEventListener('abort', () => {
      if (this.#kept.get(key) !== link) return;
      this.#kept.delete(key);
      this.#idle.get(key)?.();
      this.#idle.delete(key);
    });
    if (this.#kept.size <= this.#limits.kept) return;
    for (const old of this.#kept.values()) {
      if (old.users > 0 || old === link) continue;
      old.end();
      return;
    }
  }

  #enter(key: string, link: Link): () => void {
    link.users += 1;
    this.#idle.get(key)?.();
    this.#idle.delete(key);
    return () => {
      link.users -= 1;
      if (link.users === 0) this.#rest(key, link);
    };
  }

  #rest(key: string, link: Link): void {
    if (link.lost.aborted || this.#kept.get(key) !== link) return;
    this.#idle.get(key)?.();
    const end = this.#parts.time.after(this.#limits.idleMs, () => link.end());
    this.#idle.set(key, end);
  }

  /** Tries again where a server turns somebody away because many come at once, with jitter, as long as there is time. */
  async #connect(target: Target, signal: AbortSignal): Promise<Link> {
    const { time, random } = this.#parts;
    const until = time.monotonic() + this.#limits.connectMs;
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#attempt(target, signal);
      } catch (error) {
        if (!(error instanceof SshFailure) || error.reason !== 'reset') throw error;
        const wait = 100 * 2 ** Math.min(tries, 4) * (0.5 + random(1).readUInt8(0) / 256);
        if (time.monotonic() + wait >= until) throw error;
        await pause(time, wait, signal);
        signal.throwIfAborted();
      }
    }
  }

  async #attempt(target: Target, signal: AbortSignal): Promise<Link> {
    const { jump } = target;
    const attempts = attemptsOf(target, this.#parts.agent);
    if (jump === undefined) {
      return this.#reach(target, this.#parts.dial, attempts, signal);
    }
    return this.#through(jump, signal, async (gateway) => {
      const dial: Dial = (address, port, ending) =>
        gateway.forward(address, port, ending).catch((error: unknown) => {
          if (ending.aborted) throw error;
          throw forwardFailure(error, target.name, jump.name);
        });
      const link = await this.#reach(target, dial, attempts, signal);
      link.lost.addEventListener('abort', this.#enter(gatewayKey(jump), gateway));
      return link;
    });
  }

  /** All that goes through one jump host shares its connection, and what becomes of it. */
  async #through(
    jump: Hop,
    signal: AbortSignal,
    work: (gateway: Link) => Promise<Link>,
  ): Promise<Link> {
    const blamed = (error: unknown): unknown =>
      error instanceof SshFailure && error.reason !== 'jump-host'
        ? new SshFailure('jump-host', `jump host ${jump.name}: ${error.message}`, { cause: error })
        : error;
    let gateway: Link | undefined;
    try {
      return await this.use({ ...jump, isGateway: true }, signal, (link) => {
        gateway = link;
        return work(link);
      });
    } catch (error) {
      if (gateway === undefined) throw blamed(error);
      if (gateway.lost.aborted && !signal.aborted)
        throw new SshFailure('jump-host', `jump host ${jump.name}: it does not answer any more`);
      throw error;
    }
  }

  async #reach(
    hop: Target,
    dial: Dial,
    attempts: ReturnType<typeof attemptsOf>,
    signal: AbortSignal,
  ): Promise<Link> {
    const { connectMs } = this.#limits;
    const { name } = hop;
    let stream: Duplex | undefined;
    const leave = await this.#dialing.enter(signal);
    try {
      await this.#within(connectMs, signal, async (ending, late) => {
        late(() => new SshFailure('timeout', `${name}: it does not answer`));
        stream = await dial(hop.address, hop.port, ending).catch((error: unknown) => {
          if (ending.aborted || error instanceof SshFailure) throw error;
          throw socketFailure(error, name);
        });
        late(() => new SshFailure('no-banner', `${name}: it takes connections and says nothing`));
        await hearFirst(stream, name, ending);
      });
    } catch (error) {
      stream?.destroy();
      throw error;
    } finally {
      leave();
    }
    const spoken = stream;
    if (spoken === undefined) throw new SshFailure('unreadable', `${name}: there is no stream`);
    let free: (() => void) | undefined;
    try {
      free = await this.#handshakes.enter(signal);
      return await this.#within(connectMs, signal, async (ending, late) => {
        late(() => new SshFailure('timeout', `${name}: it speaks, but logging in takes too long`));
        const keepalive =
          hop.isGateway === true ? { everyMs: connectMs / 4, missing: 1 } : usualKeepalive;
        const { knownHosts, hostKeys } = this.#parts;
        const parts = { knownHosts, hostKeys, attempts, keepalive };
        return new Link(await logIn(hop, spoken, parts, ending), spoken, name);
      });
    } catch (error) {
      spoken.destroy();
      throw error;
    } finally {
      free?.();
    }
  }

  /** Work that ends with the signal, and with a limit; `late` says what is wrong where it is not done by then. */
  async #within<T>(
    ms: number,
    signal: AbortSignal,
    work: (ending: AbortSignal, late: (failure: () => SshFailure) => void) => Promise<T>,
  ): Promise<T> {
    const limit = new AbortController();
    let failure = (): SshFailure => new SshFailure('timeout', 'it takes too long');
    const cancel = this.#parts.time.after(ms, () => limit.abort(failure()));
    try {
      const ending = AbortSignal.any([signal, limit.signal]);
      return await work(ending, (next) => (failure = next));
    } finally {
      cancel();
    }
  }
}

const gatewayKey = (jump: Hop): string => JSON.stringify({ ...jump, isGateway: true });
