/** Who asks, and whether anybody still waits for the answer. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Asker } from '../station/fair-use/long-reads.ts';

/** Who acts, as commits name it. */
export const principalOf = ({ credential }: FastifyRequest): string =>
  credential?.role === 'process' ? `process:${credential.process!}` : `token:${credential!.id}`;

/** The reason of work that ended because its connection did. */
export class Abandoned extends Error {
  constructor() {
    super('nobody waits for the answer any more');
    this.name = 'Abandoned';
  }
}

const abandonments = new WeakMap<FastifyReply, AbortSignal>();

/** Aborted when the connection closes before the answer was sent; one signal an answer. */
export const abandonment = (reply: FastifyReply): AbortSignal => {
  let signal = abandonments.get(reply);
  if (!signal) abandonments.set(reply, (signal = whenAbandoned(reply)));
  return signal;
};

const whenAbandoned = (reply: FastifyReply): AbortSignal => {
  const controller = new AbortController();
  const abandon = (): void => {
    if (!reply.raw.writableFinished) controller.abort(new Abandoned());
  };
  if (reply.raw.destroyed) abandon();
  else reply.raw.once('close', abandon);
  return controller.signal;
};

/** Who waits for an answer, for as long as anybody does. */
export const askerOf = (reply: FastifyReply): Asker => ({
  principal: principalOf(reply.request),
  signal: abandonment(reply),
});
