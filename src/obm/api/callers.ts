/** Who calls, and what he is let in to. */

import type { FastifyRequest } from 'fastify';
import type { Leading } from '../../disk/heard-terms.ts';
import type { ConsoleRight } from '../access/tickets.ts';
import { labelPattern } from '../catalogue/events.ts';
import type { Pass } from '../gate.ts';
import type { Obmd } from '../obmd.ts';
import type { Asker } from '../orders.ts';
import type { Admin } from './admin.ts';
import type { Paces } from '../paces.ts';
import { leadingIn } from './leading.ts';
import { nothingHere, notLetIn, Refusal } from './refusals.ts';

export interface OfObm {
  Params: { label: string };
  Querystring: Record<string, unknown>;
}
export type ObmRequest = FastifyRequest<OfObm>;

export interface ApiParts {
  readonly obmd: Obmd;
  readonly admin: Admin;
  readonly knocks: Paces;
}

export interface Caller {
  readonly label: string;
  readonly asker: Asker;
}

export interface Holder extends Caller {
  readonly pass: Pass;
}

const isLabel = new RegExp(labelPattern);
const bearer = /^Bearer +(\S+)$/i;

export class Callers {
  readonly #parts: ApiParts;

  constructor(parts: ApiParts) {
    this.#parts = parts;
  }

  isAdmin(request: FastifyRequest): boolean {
    return this.#parts.admin.is(request.headers.authorization);
  }

  /** @throws {Refusal} as if there were no such path */
  mustBeAdmin(request: FastifyRequest): Asker {
    if (!this.isAdmin(request)) this.#refuse(request, nothingHere());
    const asker = { actor: 'admin', request: request.id, leading: leadingIn(request) };
    if (asker.leading) this.#hear(asker.leading);
    return asker;
  }

  /** @throws {Refusal} as if there were no such path; or the label is none */
  admin(request: ObmRequest): Caller {
    const asker = this.mustBeAdmin(request);
    if (isLabel.test(request.params.label)) return { label: request.params.label, asker };
    throw nothingHere();
  }

  /** Whoever has the token of the OBM; it is looked at before all else. @throws {Refusal} */
  holder(request: ObmRequest): Holder {
    const { token = bearer.exec(request.headers.authorization ?? '')?.[1] } = request.query;
    const { label } = request.params;
    const pass = this.#parts.obmd.gate.enter(label, token);
    if (pass) return { label, pass, asker: this.#askerBy(pass, request) };
    if (!this.#parts.obmd.gate.enterByConnection(label, token)) this.#refuse(request, notLetIn());
    throw new Refusal(403, 'forbidden', 'a console connection is for its console, nothing else');
  }

  /** Either of them. @throws {Refusal} */
  either(request: ObmRequest): Caller & { readonly pass?: Pass } {
    return this.isAdmin(request) ? this.admin(request) : this.holder(request);
  }

  /**
   * Whoever may see the console: by the token of the OBM or of a console connection, which no URL carries, or by a
   * ticket, which is used up by it.
   *
   * @throws {Refusal}
   */
  viewer(request: ObmRequest): Caller & { readonly right: ConsoleRight } {
    const right = this.#rightOf(request);
    if (!right) return this.#refuse(request, notLetIn());
    const { label } = request.params;
    return { label, right, asker: this.#askerBy(right.pass, request) };
  }

  /** Before an answer is sent for which the OBM was waited for. @throws {Refusal} the right has ended since */
  mustStillBeIn({ pass }: { readonly pass?: Pass }): void {
    if (pass && !this.#parts.obmd.gate.holds(pass)) throw notLetIn();
  }

  /** Whoever has a token is asked in which term he orders; that there is a new one, the administrator says. */
  #askerBy(pass: Pass, request: ObmRequest): Asker {
    const asker = { actor: nameOf(pass), request: request.id, leading: leadingIn(request) };
    this.#parts.obmd.leaders.mustLead(asker);
    return asker;
  }

  #hear(leading: Leading): void {
    const { obmd } = this.#parts;
    obmd.leaders.mustLead({ leading });
    try {
      obmd.leaders.hear(leading);
    } catch (error) {
      const why = `which station leads cannot be kept, so nothing is done: ${(error as Error).message}`;
      throw new Refusal(507, 'term-not-kept', why);
    }
  }

  #rightOf(request: ObmRequest): ConsoleRight | null {
    const { gate, access, journal } = this.#parts.obmd;
    const { label } = request.params;
    const { ticket } = request.query;
    if (ticket !== undefined) return access.tickets.redeem(label, ticket);
    const token = bearer.exec(request.headers.authorization ?? '')?.[1];
    const pass = gate.enter(label, token);
    if (pass) return { pass, principal: nameOf(pass), mayWrite: true };
    const one = gate.enterByConnection(label, token);
    const connection = one?.connection && journal.obms.connections.get(label, one.connection);
    if (!one || !connection) return null;
    return { pass: one, principal: connection.holder, mayWrite: connection.mode === 'read-write' };
  }

  #refuse(request: FastifyRequest, refusal: Refusal): never {
    if (!this.#parts.knocks.take(request.ip))
      throw new Refusal(429, 'too-many-requests', 'too many wrong tokens from this address; wait');
    throw refusal;
  }
}

/** Whoever has a token is known by it. */
const nameOf = ({ label, epoch, connection }: Pass): string =>
  connection === null ? `holder:${label}:${epoch}` : `connection:${connection}`;
