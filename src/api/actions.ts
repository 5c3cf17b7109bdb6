/**
 * How an action is answered: how far it is, held back while the caller would have it so. What was
 * asked for before and is under way is followed, not begun a second time.
 */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Operation } from '../contract/operations.ts';
import type { Done, DryRun } from '../contract/outcome.ts';
import { waitMax } from '../contract/parameters.ts';
import type { Command } from '../core/commands/index.ts';
import { latestRefresh } from '../core/lifecycle/obm.ts';
import { revision } from '../core/values/revision.ts';
import type { Revision } from '../core/values/revision.ts';
import { Share, waitLimits } from '../station/fair-use/shares.ts';
import type { Asker } from '../station/fair-use/long-reads.ts';
import { isUnderWay } from '../station/queries/operation.ts';
import { joinedBy } from '../station/queries/same-ordered.ts';
import { actionOf, isActionOf, isRemoving } from '../station/queries/under-way.ts';
import type { Removing } from '../station/queries/under-way.ts';
import type { Station } from '../station/station.ts';
import { askerOf, principalOf } from './asker.ts';
import { preferredWait } from './preferred-wait.ts';
import { done, isDryRun, run } from './commands.ts';
import { nothingDone, operationView } from './views/operations.ts';

/** What came of an action. */
export interface Taken {
  readonly done: Done;
  readonly operation: Operation;
}

/** What a command came to, and the operation of somebody else's that it is a part of. */
interface Reached extends Done {
  readonly joined: Revision | undefined;
}

export class Actions {
  readonly #station: Station;
  readonly #waits = new Share('waits', waitLimits);

  constructor(station: Station) {
    this.#station = station;
  }

  /** Runs a command that sets off long work. Answers 202 while the work goes on. */
  run(request: FastifyRequest, reply: FastifyReply, command: Command): Promise<Taken | DryRun> {
    const action = async (): Promise<Taken | DryRun> => {
      const begun = await this.#begin(request, reply, command);
      if ('dry_run' in begun) return begun;
      const operation =
        begun.action === null
          ? nothingDone(begun.done.revision)
          : await this.#progress(request, reply, begun.action);
      if (isUnderWay(operation))
        reply.code(202).header('location', `/api/v1/operations/${operation.id}`);
      return { done: begun.done, operation };
    };
    return isDryRun(request) ? action() : this.#sharing(request, action);
  }

  /** The same for who asks nothing else than how far it is. */
  async take(
    request: FastifyRequest,
    reply: FastifyReply,
    command: Command,
  ): Promise<Operation | DryRun> {
    const taken = await this.run(request, reply, command);
    return 'dry_run' in taken ? taken : taken.operation;
  }

  /** How far an operation is. */
  follow(request: FastifyRequest, reply: FastifyReply, id: number): Promise<Operation> {
    return this.#sharing(request, () => this.#progress(request, reply, revision(id)));
  }

  /** Whether the caller would have the answer held back. */
  waits(request: FastifyRequest): boolean {
    return patienceOf(request) > 0;
  }

  /** Holds an answer back until something is over, for as long as the caller would have it so; only then, if at all. */
  async hold(request: FastifyRequest, work: Promise<void> | null): Promise<void> {
    const patience = patienceOf(request);
    if (work === null || patience === 0) return;
    const { time } = this.#station;
    await this.#waits.during(principalOf(request), async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = time.after(patience, resolve);
      await Promise.race([work, promise]);
      cancel();
    });
  }

  /** How far an operation is, as it is now and whenever that changes, and at least once in so many ms; until its end. */
  async *watch(asker: Asker, id: number, patience: number): AsyncGenerator<Operation, void> {
    const at = revision(id);
    let isOne = false;
    for await (const progress of this.#station.operations.follow(at, patience, asker)) {
      isOne = true;
      yield operationView(at, progress);
    }
    if (!isOne) yield nothingDone(at);
  }

  /**
   * Runs a command. The action to follow is its own or the one under way; where that is about other
   * things too, it is asked for once more by itself. Null: there is nothing to follow.
   */
  async #begin(
    request: FastifyRequest,
    reply: FastifyReply,
    command: Command,
  ): Promise<{ done: Done; action: Revision | null } | DryRun> {
    const submit = async (one: Command): Promise<Reached | DryRun> =>
      run(this.#station, request, reply, one, (graph, commit, head) => {
        return { ...done(graph, commit, head), joined: joinedBy(graph, one, commit) };
      });
    const begun = await submit(command);
    if ('dry_run' in begun) return begun;
    const { joined, ...reached } = begun;
    if (joined !== undefined) return { done: reached, action: joined };
    if (reached.changed) return { done: reached, action: revision(reached.revision) };
    const action = isRemoving(command) ? await this.#underWay(command) : null;
    if (isRefresh(command)) {
      const look = latestRefresh(this.#station.graph, command.fqdn, command.order.what);
      return { done: reached, action: look?.created ?? null };
    }
    if (action !== 'other') return { done: reached, action };
    const again = await submit({ ...command, anew: true } as Command);
    if ('dry_run' in again) return again;
    return { done: reached, action: again.changed ? revision(again.revision) : null };
  }

  /** The action that a command repeats; `other` where one with another end is under way. */
  async #underWay(command: Removing): Promise<Revision | 'other' | null> {
    const { graph, log } = this.#station;
    const action = actionOf(graph, command);
    if (action === undefined) return null;
    for await (const commit of log.read(revision(action - 1), action))
      if (isActionOf(graph, commit, command)) return action;
    return 'other';
  }

  /** Whoever may not wait, or look, is refused before anything is done. */
  #sharing<T>(request: FastifyRequest, work: () => Promise<T>): Promise<T> {
    const share = patienceOf(request) > 0 ? this.#waits : this.#station.operations.looks;
    return share.during(principalOf(request), work);
  }

  /** How far it is: at its end, or when the caller's patience is at its own. */
  async #progress(request: FastifyRequest, reply: FastifyReply, at: Revision): Promise<Operation> {
    const { operations } = this.#station;
    const progress = await operations.until(at, patienceOf(request), askerOf(reply));
    return progress ? operationView(at, progress) : nothingDone(at);
  }
}

type Refresh = Extract<Command, { type: 'OrderObm' }> & {
  readonly order: { readonly kind: 'refresh' };
};

const isRefresh = (command: Command): command is Refresh =>
  command.type === 'OrderObm' && command.order.kind === 'refresh';

/** Ms for which the caller would have the answer held back. */
const patienceOf = (request: FastifyRequest): number =>
  Math.min(waitMax, preferredWait(request) ?? 0) * 1000;
