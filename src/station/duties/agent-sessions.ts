/**
 * Which hosts are being heard from. Heartbeats stay here, in memory; only what they change becomes
 * an event: silence for longer than `keepalive_timeout` makes a host down.
 */

import type { Graph } from '../../core/graph/graph.ts';
import { varOf } from '../../core/graph/vars.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { Clock } from '../clocks.ts';
import type { Cancel, Time } from '../time.ts';
import type { Assigned } from './assignments.ts';
import type { Duty } from './duty.ts';

/** What of a process's output somebody wants to see. */
export interface OutputRequest {
  readonly fid: Fid;
  /** How many lines to begin with; null: all that are kept. */
  readonly lines: number | null;
  readonly follow: boolean;
  readonly channels: ('stdout' | 'stderr')[];
}

export type OutputPiece =
  | { readonly channel: 'stdout' | 'stderr' | 'note'; readonly data: Buffer }
  | { readonly end: 'done' | 'busy' | 'unreadable' | 'gone'; readonly message: string };

/** Output that an agent reads as far as it is asked to. */
export interface OutputSource {
  /** The first piece is empty and comes at once. One call at a time. */
  next(): Promise<OutputPiece>;
  close(): void;
}

/** An agent's connection. */
export interface AgentSession {
  readonly fqdn: string;
  /** What the agent understands beside the first version of the protocol; see `agentProtocolMinor`. */
  readonly minor: number;
  /** The version of the protocol that it speaks, as in `1.2`. */
  readonly protocol: string;
  /** In which this station led when it welcomed the agent. */
  readonly term: number;
  /** Tells the agent to log all that it does, or no more than it was started with. */
  trace(enabled: boolean): void;
  openOutput(request: OutputRequest): OutputSource;
  /** Asks the agent for another heartbeat interval. */
  pace(heartbeatMs: number): void;
  /** Says what the host has to run. */
  assign(assigned: Assigned): void;
  /** Whether the agent answers at once, or with a short delay. */
  answers(): Promise<boolean>;
  /** Ends the connection. */
  close(): void;
}

/**
 * The station as a whole wants at most this many heartbeats a second, however many agents there
 * are.
 */
export const heartbeatsPerSecondMax = 500;

const sweepMs = 250;
/** Agents that are told of another pace before others have their turn. */
const pacedAtOnce = 100;

interface Heard {
  at: number;
  /** Whether it was, or is only given time to be. */
  readonly wasHeard: boolean;
  session: AgentSession | null;
}

export interface AgentSessionsOptions {
  readonly graph: () => Graph;
  /** How long this station was awake, ms. */
  readonly awake: Clock;
  readonly time: Time;
  /** Says that a host fell silent. */
  readonly lost: (fqdn: string, reason: string) => void;
}

export class AgentSessions implements Duty {
  readonly #options: AgentSessionsOptions;
  readonly #heard = new Map<string, Heard>();
  readonly #away = new Set<string>();
  /** When those were heard last who are silent. */
  readonly #silent = new Map<string, number>();
  readonly #traced = new Set<string>();
  #since = 0;
  #term: number | null = null;
  #sweeper: Cancel | null = null;
  #toldMs = 0;

  constructor(options: AgentSessionsOptions) {
    this.#options = options;
  }

  /** Hosts that were up when a station last led get one full timeout to be heard from again. */
  start(term: number): void {
    const { awake, graph, time } = this.#options;
    this.#term = term;
    const now = awake();
    this.#since = now;
    for (const host of graph().all('host'))
      if (host.state === 'up') {
        this.#heard.set(host.fqdn, { at: now, wasHeard: false, session: null });
        this.#away.add(host.fqdn);
      }
    this.#sweeper = time.every(sweepMs, () => this.#sweep());
  }

  /** Agents look for the station that leads next; what was heard from them is forgotten. */
  async stop(): Promise<void> {
    this.#term = null;
    this.#sweeper?.();
    this.#sweeper = null;
    const heard = [...this.#heard.values()];
    for (const known of [this.#heard, this.#away, this.#silent]) known.clear();
    for (const { session } of heard) session?.close();
  }

  /** In which this station leads and has agents; null while it does not. */
  get term(): number | null {
    return this.#term;
  }

  /** How long ago the agent of a host was heard from, ms; null: not in this term. */
  silenceMs(fqdn: string): number | null {
    const heard = this.#heard.get(fqdn);
    const at = heard?.wasHeard ? heard.at : this.#silent.get(fqdn);
    return at === undefined ? null : this.#options.awake() - at;
  }

  /** Whether the agent of a host is told to log all that it does. */
  isTraced(fqdn: string): boolean {
    return this.#traced.has(fqdn);
  }

  /** It holds until it is taken back, or until this station ends; agents that come back are told. */
  setTraced(fqdn: string, enabled: boolean): void {
    if (enabled) this.#traced.add(fqdn);
    else this.#traced.delete(fqdn);
    this.sessionOf(fqdn)?.trace(enabled);
  }

  /** The open connection of a host's agent. */
  sessionOf(fqdn: string): AgentSession | null {
    return this.#heard.get(fqdn)?.session ?? null;
  }

  /** Whether agents may not have had the time to report to this station. */
  get isNew(): boolean {
    return this.#options.awake() - this.#since < this.timeoutMs();
  }

  /** Hosts whose agents are not connected and that are not taken for down yet. */
  get away(): ReadonlySet<string> {
    return this.#away;
  }

  get connected(): number {
    let connected = 0;
    for (const { session } of this.#heard.values()) if (session) connected += 1;
    return connected;
  }

  /**
   * Ms between the heartbeats of one agent: as the vars say, or slower where that would be too many
   * in all.
   */
  heartbeatMs(): number {
    const wanted = varOf(this.#options.graph(), 'keepalive_frequency') * 1000;
    return Math.max(wanted, Math.ceil((this.#heard.size * 1000) / heartbeatsPerSecondMax));
  }

  /**
   * A report of this host's agent was taken; an older connection of the same host is closed. Where
   * this station does not lead, or not in the term that the agent was told, this one is.
   */
  join(session: AgentSession): void {
    if (session.term !== this.#term) return session.close();
    const present = this.#heard.get(session.fqdn);
    if (present?.session && present.session !== session) present.session.close();
    this.#heard.set(session.fqdn, { at: this.#options.awake(), wasHeard: true, session });
    this.#away.delete(session.fqdn);
    this.#silent.delete(session.fqdn);
    // Also where it is not: the agent may have been told so by an earlier station.
    if (present?.session !== session) session.trace(this.isTraced(session.fqdn));
    this.#toldMs ||= this.heartbeatMs();
  }

  heard(session: AgentSession): void {
    const present = this.#heard.get(session.fqdn);
    if (present?.session === session) present.at = this.#options.awake();
  }

  /**
   * The connection ended. The host keeps its state until the timeout: agents restart, networks
   * blink.
   */
  leave(session: AgentSession): void {
    const present = this.#heard.get(session.fqdn);
    if (present?.session !== session) return;
    present.session = null;
    this.#away.add(session.fqdn);
  }

  /**
   * Whether the agent that a host was heard from last is known to be at no connection any more. What
   * was connected to an earlier station is not known.
   */
  async isDead(fqdn: string): Promise<boolean> {
    const heard = this.#heard.get(fqdn);
    if (!heard?.wasHeard) return false;
    return heard.session === null || !(await heard.session.answers());
  }

  /**
   * The host goes down with its agent: nobody waits for it any more.
   *
   * @returns false where the host has another connection by now
   */
  depart(session: AgentSession): boolean {
    const { fqdn } = session;
    const heard = this.#heard.get(fqdn);
    if (heard?.session !== session) return false;
    this.#heard.delete(fqdn);
    this.#silent.set(fqdn, heard.at);
    return true;
  }

  #sweep(): void {
    const timeout = this.timeoutMs();
    const limit = this.#options.awake() - timeout;
    for (const [fqdn, { at, wasHeard, session }] of this.#heard) {
      if (at > limit) continue;
      this.#heard.delete(fqdn);
      this.#away.delete(fqdn);
      if (wasHeard) this.#silent.set(fqdn, at);
      session?.close();
      this.#options.lost(fqdn, `no heartbeat for ${timeout / 1000} s`);
    }
    this.#repace();
  }

  /** Never shorter than two heartbeats, or a paced fleet would be declared dead. */
  timeoutMs(): number {
    const wanted = varOf(this.#options.graph(), 'keepalive_timeout') * 1000;
    return Math.max(wanted, 2 * this.heartbeatMs());
  }

  #repace(): void {
    const interval = this.heartbeatMs();
    const changed = Math.abs(interval - this.#toldMs) > this.#toldMs / 10;
    if (this.#toldMs === 0 || !changed) return;
    this.#toldMs = interval;
    this.#tellPace(this.#heard.values(), interval);
  }

  /** Many may be connected: so many are told a turn of the event loop, unless another pace is told meanwhile. */
  #tellPace(heard: Iterator<Heard>, interval: number): void {
    if (this.#toldMs !== interval || !this.#sweeper) return;
    for (let told = 0; told < pacedAtOnce; told += 1) {
      const next = heard.next();
      if (next.done) return;
      next.value.session?.pace(interval);
    }
    this.#options.time.after(0, () => this.#tellPace(heard, interval));
  }
}
