/** Tells the agents what has changed for them, as soon as it is durable. */

import { setImmediate } from 'node:timers/promises';
import type { Commit } from '../../core/events/commit.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { EventLog } from '../../log/log.ts';
import type { AgentSession, AgentSessions } from './agent-sessions.ts';
import { assignmentFor, assignmentsOf, forgotten, ordered } from './assignments.ts';
import type { ProcessAssignment } from './assignments.ts';
import type { Duty } from './duty.ts';

/** Others are served between the briefings of many agents. */
const briefedAtOnce = 20;

export class Dispatcher implements Duty {
  readonly #log: EventLog;
  readonly #graph: () => Graph;
  readonly #agents: AgentSessions;
  /** Where each process was last assigned, for those whose agents are connected. */
  readonly #places = new Map<Fid, string>();
  #unsubscribe: (() => void) | null = null;

  constructor(log: EventLog, graph: () => Graph, agents: AgentSessions) {
    this.#log = log;
    this.#graph = graph;
    this.#agents = agents;
  }

  start(): void {
    this.#unsubscribe = this.#log.subscribe(this.#log.head(), (commit) => this.#dispatch(commit));
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#places.clear();
  }

  /** Everything at once, for an agent that has just reported. */
  brief(session: AgentSession): void {
    const processes = assignmentsOf(this.#graph(), session.fqdn);
    for (const { fid } of processes) this.#places.set(fid, session.fqdn);
    session.assign({ full: true, processes, forget: [] });
  }

  /**
   * Tells the agents of these hosts everything once more.
   *
   * @returns the hosts whose agents were told, and those whose agents are not connected
   */
  async sync(hosts: readonly string[]): Promise<{ told: string[]; absent: string[] }> {
    const [told, absent]: [string[], string[]] = [[], []];
    for (const [i, fqdn] of hosts.entries()) {
      const session = this.#agents.sessionOf(fqdn);
      if (session) this.brief(session);
      (session ? told : absent).push(fqdn);
      if (i % briefedAtOnce === briefedAtOnce - 1) await setImmediate();
    }
    return { told, absent };
  }

  #dispatch(commit: Commit): void {
    const changes = new Map<string, { processes: ProcessAssignment[]; forget: Fid[] }>();
    const of = (fqdn: string): { processes: ProcessAssignment[]; forget: Fid[] } => {
      let change = changes.get(fqdn);
      if (!change) changes.set(fqdn, (change = { processes: [], forget: [] }));
      return change;
    };
    for (const fid of ordered(commit)) {
      const found = assignmentFor(this.#graph(), fid);
      if (!found || !this.#agents.sessionOf(found.fqdn)) continue;
      this.#places.set(fid, found.fqdn);
      of(found.fqdn).processes.push(found.assignment);
    }
    for (const fid of forgotten(commit)) {
      const fqdn = this.#places.get(fid);
      this.#places.delete(fid);
      if (fqdn !== undefined) of(fqdn).forget.push(fid);
    }
    for (const [fqdn, change] of changes)
      this.#agents.sessionOf(fqdn)?.assign({ full: false, ...change });
  }
}
