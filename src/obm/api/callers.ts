/** Who calls, and what he is let in to. */

import type { FastifyRequest } from 'fastify';
import type { ConsoleRight } from '../access/tickets.ts';
import { labelPattern } from '../catalogue/events.ts';
import type { Pass } from '../gate.ts';
import type { Obmd } from '../obmd.ts';
import type { Asker } from '../orders.ts';
import type { Admin } from './admin.ts';
import type { Paces } from '../paces.ts';
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
    return { actor: 'admin', request: request.id };
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
    if (pass) return { label, pass, asker: { actor: nameOf(pass), request: request.id } };
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
    return { label, right, asker: { actor: nameOf(right.pass), request: request.id } };
  }

  /** Before an answer is sent for which the OBM was waited for. @throws {Refusal} the right has ended since */
  mustStillBeIn({ pass }: { readonly pass?: Pass }): void {
    if (pass && !this.#parts.obmd.gate.holds(pass)) throw notLetIn();
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
