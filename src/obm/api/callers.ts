/** Who calls, and what he is let in to. */

import type { FastifyRequest } from 'fastify';
import { labelPattern } from '../catalogue/events.ts';
import type { Pass } from '../gate.ts';
import type { Obmd } from '../obmd.ts';
import type { Asker } from '../orders.ts';
import type { Admin } from './admin.ts';
import type { Knocks } from './knocks.ts';
import { nothingHere, notLetIn, Refusal } from './refusals.ts';

export interface OfObm {
  Params: { label: string };
  Querystring: Record<string, unknown>;
}
export type ObmRequest = FastifyRequest<OfObm>;

export interface ApiParts {
  readonly obmd: Obmd;
  readonly admin: Admin;
  readonly knocks: Knocks;
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
    if (!pass) return this.#refuse(request, notLetIn());
    return { label, pass, asker: { actor: `holder:${label}:${pass.epoch}`, request: request.id } };
  }

  /** Either of them. @throws {Refusal} */
  either(request: ObmRequest): Caller & { readonly pass?: Pass } {
    return this.isAdmin(request) ? this.admin(request) : this.holder(request);
  }

  /** Before an answer is sent for which the OBM was waited for. @throws {Refusal} the right has ended since */
  mustStillBeIn({ pass }: { readonly pass?: Pass }): void {
    if (pass && !this.#parts.obmd.gate.holds(pass)) throw notLetIn();
  }

  #refuse(request: FastifyRequest, refusal: Refusal): never {
    if (this.#parts.knocks.refused(request.ip))
      throw new Refusal(429, 'too-many-requests', 'too many wrong tokens from this address; wait');
    throw refusal;
  }
}
