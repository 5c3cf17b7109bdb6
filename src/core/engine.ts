/**
 * The engine: a command and everything that follows from it become one commit, or nothing happens.
 *
 * decide -> evolve -> react, until no rule has anything to add. It runs ahead of the log: a commit
 * is in the graph as soon as it is decided and can be taken back until `confirm` says that it is
 * durable.
 */

import type { RenderedAhead } from './allocation/renderings.ts';
import { decide } from './commands/index.ts';
import type { Command } from './commands/index.ts';
import { unchanged } from './decision.ts';
import type { DecideContext, Decision } from './decision.ts';
import { readEvent, writeEvent } from './events/catalogue.ts';
import type { EventDraft } from './events/catalogue.ts';
import type { Commit, EventRecord, RequestIdentity } from './events/commit.ts';
import type { Position } from './graph/changes.ts';
import { evolve } from './graph/evolve/index.ts';
import { Graph } from './graph/graph.ts';
import type { Journal } from './graph/graph.ts';
import { requestId, requestLimits } from './graph/indexes/requests.ts';
import type { RequestLimits } from './graph/indexes/requests.ts';
import { kinds } from './graph/resources.ts';
import type { Kind } from './graph/resources.ts';
import { refusedForRoom, rememberRequest } from './graph/remembering.ts';
import { rulesFor } from './rules/index.ts';
import type { Rule } from './rules/rule.ts';
import { reject } from './values/rejection.ts';
import type { Refused, Rejection } from './values/rejection.ts';
import { revision } from './values/revision.ts';
import type { Revision } from './values/revision.ts';

/** Who asks, when, and under what conditions. */
export interface Submission {
  /** Ms since the epoch. */
  readonly at: number;
  readonly actor: string;
  readonly correlation: string;
  readonly request?: RequestIdentity | undefined;
  /** Refuse unless the graph is at this revision. */
  readonly expected?: Revision | undefined;
  readonly ahead?: RenderedAhead | undefined;
}

/** What decisions are made with. */
export interface Outside extends Pick<DecideContext, 'mint'> {
  /** Renders for one decision, and bounds what that takes. */
  readonly renderer: (ahead?: RenderedAhead) => DecideContext['render'];
}

export type Outcome =
  | { readonly kind: 'committed'; readonly commit: Commit }
  /** Already so; nothing to append. */
  | { readonly kind: 'unchanged'; readonly revision: Revision }
  /** The same request was answered before, by this commit. */
  | { readonly kind: 'repeated'; readonly revision: Revision }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };

/** How many events one commit may hold. */
export const eventsPerCommit = 50_000;

/**
 * Confirmed commits are dropped in bulk: shifting them off one by one costs a move of all the
 * others.
 */
const confirmedKept = 1024;

export interface EngineCounters {
  readonly commits: number;
  readonly events: number;
  readonly rejections: number;
  /** By rule, how often it added something. */
  readonly firings: ReadonlyMap<string, number>;
}

export class Engine {
  readonly graph: Graph;
  readonly #outside: Outside;
  readonly #limits: RequestLimits;
  #head: Revision;
  #at: number;
  /** Journals of the commits that are not confirmed yet, oldest first. */
  #unconfirmed: { commit: Commit; before: number; journal: Journal }[] = [];
  /** By kind of row, how many changes are not confirmed. */
  readonly #changing = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>;
  /** How many of the oldest are confirmed after all and only wait to be dropped. */
  #confirmed = 0;
  #counters = { commits: 0, events: 0, rejections: 0, firings: new Map<string, number>() };

  constructor(
    outside: Outside,
    start: { graph: Graph; head: Revision; at: number } = {
      graph: new Graph(),
      head: revision(0),
      at: 0,
    },
    limits: RequestLimits = requestLimits,
  ) {
    this.#outside = outside;
    this.#limits = limits;
    this.graph = start.graph;
    this.#head = start.head;
    this.#at = start.at;
  }

  /** Revision of the graph, confirmed or not. */
  get head(): Revision {
    return this.#head;
  }

  /** Time of the last commit, ms since the epoch. */
  get at(): number {
    return this.#at;
  }

  get counters(): EngineCounters {
    return this.#counters;
  }

  /**
   * Decides a command. A `committed` outcome is in the graph and must now be appended, then
   * confirmed.
   */
  submit(command: Command, submission: Submission): Outcome {
    const before = this.#precondition(submission);
    if (before) return this.#count(before);
    const position = this.#next(submission.at);
    this.graph.begin();
    const settled = this.#settle(command, position, submission.ahead);
    if (!settled.ok) {
      this.graph.undo(this.graph.end());
      return this.#count({ kind: 'rejected', rejection: settled.rejection });
    }
    if (settled.events.length === 0) {
      this.graph.end();
      return { kind: 'unchanged', revision: this.#head };
    }
    const { actor, correlation, request } = submission;
    const commit: Commit = {
      ...position,
      actor,
      correlation,
      command: command.type,
      ...(request ? { request } : {}),
      events: settled.events,
    };
    rememberRequest(this.graph, commit, this.#limits);
    const journal = this.graph.end();
    this.#countChanging(journal, 1);
    this.#unconfirmed.push({ commit, before: this.#at, journal });
    this.#head = position.revision;
    this.#at = position.at;
    return this.#count({ kind: 'committed', commit });
  }

  /**
   * What a command would append now. Nothing changes.
   *
   * @param look shown the graph as the command would leave it, and the events
   */
  dryRun(
    command: Command,
    submission: Submission,
    look: (graph: Graph, events: readonly EventRecord[]) => void = () => undefined,
  ): { ok: true; events: EventRecord[] } | Refused {
    const before = this.#precondition({ ...submission, request: undefined });
    if (before?.kind === 'rejected') return { ok: false, rejection: before.rejection };
    this.graph.begin();
    const settled = this.#settle(command, this.#next(submission.at), submission.ahead);
    try {
      if (settled.ok) look(this.graph, settled.events);
    } finally {
      this.graph.undo(this.graph.end());
    }
    return settled;
  }

  /**
   * Applies a commit read from the log, behind the last one. It is durable already, and so is all
   * that is before it.
   */
  replay(commit: Commit): void {
    this.confirm(this.#head);
    this.#unconfirmed.length = 0;
    this.#confirmed = 0;
    for (const record of commit.events) {
      const event = readEvent(record);
      if (event) evolve(this.graph, event, commit);
    }
    rememberRequest(this.graph, commit, this.#limits);
    this.#head = commit.revision;
    this.#at = commit.at;
  }

  /** Whether something can be taken back yet. */
  get hasPending(): boolean {
    return this.#confirmed < this.#unconfirmed.length;
  }

  /** The commit at a revision that was decided here, and can be taken back yet. */
  pending(at: Revision): Commit | undefined {
    const index = at - (this.#unconfirmed[0]?.commit.revision ?? 0);
    return index < this.#confirmed ? undefined : this.#unconfirmed[index]?.commit;
  }

  /** Everything up to this revision is durable and will not be taken back. */
  confirm(durable: Revision): void {
    while (
      this.#unconfirmed[this.#confirmed] &&
      this.#unconfirmed[this.#confirmed]!.commit.revision <= durable
    ) {
      this.#countChanging(this.#unconfirmed[this.#confirmed]!.journal, -1);
      this.#confirmed += 1;
    }
    if (this.#confirmed < confirmedKept && this.#confirmed < this.#unconfirmed.length) return;
    this.#unconfirmed.splice(0, this.#confirmed);
    this.#confirmed = 0;
  }

  /**
   * Takes back commits that the log could not keep: one and all after it, or every one that is not
   * confirmed.
   *
   * @returns whether there was anything to take back; false too where `from` was taken back before
   */
  rollBack(from?: Commit): boolean {
    const oldest = this.#unconfirmed[0]?.commit.revision ?? 0;
    const first = from ? from.revision - oldest : this.#confirmed;
    if (from && this.#unconfirmed[first]?.commit !== from) return false;
    const taken = this.#unconfirmed.splice(Math.max(first, this.#confirmed));
    for (const { commit, before, journal } of taken.toReversed()) {
      this.graph.undo(journal);
      this.#countChanging(journal, -1);
      this.#head = revision(commit.revision - 1);
      this.#at = before;
    }
    return taken.length > 0;
  }

  /** Whether no row of these kinds can be taken back any more: what they show is durable. */
  isConfirmed(kinds: readonly Kind[]): boolean {
    return kinds.every((kind) => this.#changing[kind] === 0);
  }

  #countChanging(journal: Journal, more: 1 | -1): void {
    for (const { kind } of journal) this.#changing[kind] += more;
  }

  #precondition({ at, actor, request, expected }: Submission): Outcome | null {
    const answered = request && this.graph.get('request', requestId(actor, request.key));
    if (answered) {
      if (answered.fingerprint === request.fingerprint)
        return { kind: 'repeated', revision: answered.created };
      return rejected(
        reject('idempotency-key-reused', `the key ${request.key} was used for a different request`),
      );
    }
    if (expected !== undefined && expected !== this.#head)
      return rejected(
        reject('revision-mismatch', `the cluster is at revision ${this.#head}, not ${expected}`),
      );
    const refused = request && refusedForRoom(this.graph, actor, this.#next(at).at, this.#limits);
    return refused ? rejected(refused) : null;
  }

  /** Time never runs backwards in the log, whatever the clock does. */
  #next(at: number): Position {
    return { revision: revision(this.#head + 1), at: Math.max(at, this.#at) };
  }

  #settle(
    command: Command,
    position: Position,
    ahead?: RenderedAhead,
  ): { ok: true; events: EventRecord[] } | Refused {
    const { mint, renderer } = this.#outside;
    const context = { mint, render: renderer(ahead), at: position.at };
    const events: EventRecord[] = [];
    try {
      const decision = decide(this.graph, command, context);
      if (!decision.ok) return decision;
      const refused = this.#apply(decision.events, events, position, context);
      return refused ?? { ok: true, events };
    } catch (error) {
      this.graph.undo(this.graph.end());
      throw error;
    }
  }

  /**
   * Applies a batch that was decided together, then lets the rules react to each of its events. A
   * rule sees all that came before it, and what it adds is settled before the next rule runs.
   */
  #apply(
    batch: readonly EventDraft[],
    events: EventRecord[],
    position: Position,
    context: DecideContext,
    cause?: number,
    rule?: string,
  ): Refused | null {
    if (events.length + batch.length > eventsPerCommit)
      return reject('too-large', `one command may make at most ${eventsPerCommit} events`);
    const first = events.length;
    for (const draft of batch) {
      events.push(writeEvent(draft, cause, rule));
      evolve(this.graph, draft, position);
    }
    const followed = new Set<string>();
    for (const [i, draft] of batch.entries())
      for (const each of rulesFor(draft.type)) {
        const reaction = this.#react(each, draft, context, followed);
        if (!reaction.ok) return reaction;
        if (reaction.events.length === 0) continue;
        const cause = first + i;
        const refused = this.#apply(reaction.events, events, position, context, cause, each.name);
        if (refused) return refused;
      }
    return null;
  }

  /** `followed` holds what the rules have looked at since the batch was applied. */
  #react(each: Rule, draft: EventDraft, context: DecideContext, followed: Set<string>): Decision {
    if ('react' in each) return each.react(this.graph, draft, context);
    const subject = each.subject(this.graph, draft);
    if (subject === undefined || followed.has(`${each.name} ${subject}`)) return unchanged;
    followed.add(`${each.name} ${subject}`);
    return each.follow(this.graph, subject, context);
  }

  #count(outcome: Outcome): Outcome {
    if (outcome.kind === 'committed') {
      this.#counters.commits += 1;
      this.#counters.events += outcome.commit.events.length;
      for (const rule of firingsIn(outcome.commit)) {
        const firings = this.#counters.firings;
        firings.set(rule, (firings.get(rule) ?? 0) + 1);
      }
    } else if (outcome.kind === 'rejected') this.#counters.rejections += 1;
    return outcome;
  }
}

/**
 * Names of the rules that added something, one for each time: what a rule adds at once stands
 * together.
 */
const firingsIn = ({ events }: Commit): string[] => {
  const firings: string[] = [];
  for (const [i, { rule, cause }] of events.entries()) {
    const before = events[i - 1];
    if (rule !== undefined && (before?.rule !== rule || before.cause !== cause)) firings.push(rule);
  }
  return firings;
};

const rejected = ({ rejection }: Refused): Outcome => ({ kind: 'rejected', rejection });
