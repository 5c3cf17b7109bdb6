/** What becomes of what an agent reports: facts of its host, states of its processes, that its host goes down. */

import type { AgentMessage, ProcessReport, StationMessage } from '../contract/agent-protocol.ts';
import { mayBeReborn } from '../core/commands/report-node-up.ts';
import type { ReportNodeUp } from '../core/commands/report-node-up.ts';
import type { CredentialRow } from '../core/graph/rows/credentials.ts';
import type { HostRow } from '../core/graph/rows/hosts.ts';
import { parseFid } from '../core/values/fid.ts';
import type { AgentSession } from '../station/duties/agent-sessions.ts';
import type { Slices } from '../station/fair-use/slices.ts';
import type { SteadyWork } from '../station/fair-use/steady-work.ts';
import type { Result } from '../station/result.ts';
import type { Station } from '../station/station.ts';
import { factsFrom } from './agent-facts.ts';

type NodeUp = Extract<AgentMessage, { type: 'node-up' }>;
type ShuttingDown = Extract<AgentMessage, { type: 'shutting-down' }>;
type Said = Pick<ReportNodeUp, 'fqdn' | 'facts' | 'speaksFor'>;

/** What is kept, and answered once it is durable. */
export type AgentReport = NodeUp | ShuttingDown | ProcessReport;

export interface AgentReportsParts {
  readonly session: AgentSession;
  readonly station: Station;
  readonly credential: CredentialRow;
  /** Address that the connection comes from. */
  readonly remote: string;
  /** Facts of hosts, as fast as they may change. */
  readonly facts: SteadyWork;
  /** Answers to all agents, so many a turn of the event loop. */
  readonly slices: Slices;
  readonly send: (message: StationMessage) => void;
  readonly refuse: (id: number, code: string, message: string) => void;
  /** Told when the host is known to be up. */
  readonly introduced: () => void;
  readonly end: (code: number, reason: string) => void;
  readonly isClosed: () => boolean;
}

export class AgentReports {
  readonly #parts: AgentReportsParts;
  /** Whether it was told all that its host has to run. */
  #isBriefed = false;

  constructor(parts: AgentReportsParts) {
    this.#parts = parts;
  }

  /**
   * Keeps a report and answers it. Reports may follow each other without waiting; each gets its own answer.
   *
   * @throws what the log failed with; nothing was answered
   */
  keep(report: AgentReport): Promise<void> {
    switch (report.type) {
      case 'process':
        return this.#keepProcess(report);
      case 'node-up':
        return this.#keepNodeUp(report);
      case 'shutting-down':
        return this.#shutDown(report);
    }
  }

  /** An administrator's token may do more than any pace would keep it from. */
  get #isPaced(): boolean {
    return this.#parts.credential.role !== 'admin';
  }

  async #keepNodeUp({ id, fqdn, facts }: NodeUp): Promise<void> {
    const { session, station, credential, remote, refuse, slices } = this.#parts;
    if (fqdn !== session.fqdn) {
      const text = `the agent said hello as ${session.fqdn}, not as ${fqdn}`;
      return refuse(id, 'identity-mismatch', text);
    }
    const known = station.graph.get('host', fqdn)?.facts;
    const said = { fqdn, facts: factsFrom(facts, remote, known), speaksFor: credential.host };
    const keep = (): Promise<Result<string | undefined> | null> => this.#keepFacts(said);
    // The pace is that of the host, by its token.
    const subject = `${credential.id} ${fqdn}`;
    const result = await (this.#isPaced ? this.#parts.facts.run(subject, keep) : keep());
    // Hundreds of reports become durable together.
    if (result) await slices.done(() => this.#welcomeHost(id, facts.agent, result));
  }

  /** The host is up, and its agent is told so and what it has to run. */
  #welcomeHost(id: number, agent: string, result: Result<string | undefined>): void {
    const { session, station, send, refuse, introduced, isClosed } = this.#parts;
    if (isClosed()) return;
    introduced();
    if (!result.ok) return refuse(id, result.rejection.code, result.rejection.message);
    if (result.reply !== agent)
      return refuse(id, 'host-claimed', `another machine is ${session.fqdn} already`);
    station.agents.join(session);
    send({ type: 'taken', id, revision: result.revision });
    if (this.#isBriefed && !result.changed) return;
    this.#isBriefed = true;
    station.dispatcher.brief(session);
  }

  /** @returns the agent that the host is known by then; null: nobody asks for it any more */
  async #keepFacts(said: Said): Promise<Result<string | undefined> | null> {
    const { station, credential, isClosed } = this.#parts;
    const { fqdn } = said;
    const known = station.graph.get('host', fqdn);
    const dead = known && mayBeReborn(known, said) ? await this.#deadAgent(known) : null;
    // Some time may have passed.
    if (isClosed() || !station.access.accepts(credential)) return null;
    return station.submit(
      { type: 'ReportNodeUp', ...said, dead },
      { actor: `agent:${fqdn}` },
      (graph) => graph.must('host', fqdn).facts?.agent,
    );
  }

  /** The agent that a host is known by, if it is known to be dead. */
  async #deadAgent({ fqdn, facts }: HostRow): Promise<string | null> {
    return (await this.#parts.station.agents.isDead(fqdn)) ? facts!.agent : null;
  }

  /** The host is down from now on, and nobody waits for the end of a timeout to say so. */
  async #shutDown({ id }: ShuttingDown): Promise<void> {
    const { session, station, send, refuse, end } = this.#parts;
    const { fqdn } = session;
    if (!station.agents.depart(session))
      return refuse(id, 'host-claimed', `another connection speaks for ${fqdn}`);
    try {
      const result = await station.submit(
        { type: 'ReportNodeDown', fqdn, reason: 'shut down' },
        { actor: `agent:${fqdn}` },
        () => null,
      );
      if (result.ok) send({ type: 'taken', id, revision: result.revision });
      end(1000, 'goodbye');
    } catch (error) {
      // Not kept, so its silence has to tell.
      station.agents.join(session);
      throw error;
    }
  }

  async #keepProcess({ id, fid, generation, state, pid, reason }: ProcessReport): Promise<void> {
    const { session, station, send, refuse } = this.#parts;
    const { fqdn: host } = session;
    const result = await station.submit(
      { type: 'ReportProcess', host, fid: parseFid(fid)!, generation, state, pid, reason },
      { actor: `agent:${host}` },
      () => null,
    );
    if (!result.ok) return refuse(id, result.rejection.code, result.rejection.message);
    send({ type: 'taken', id, revision: result.revision });
  }
}
