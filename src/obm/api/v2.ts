/**
 * What obmd's API has no words for: all that drivers can do, and what is known of all machines without asking any.
 * The administrator may all of it; whoever has the token of an OBM may what is about that one.
 */

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { referencePattern } from '../catalogue/events.ts';
import { bootDevices, powerActions } from '../drivers/driver.ts';
import type { BootRequest } from '../drivers/driver.ts';
import { ObmError } from '../errors.ts';
import type { Machine } from '../machine.ts';
import type { Obmd } from '../obmd.ts';
import type { PowerOrder } from '../orders.ts';
import { nullable, oneOf } from '../schema.ts';
import { fitting } from './bodies.ts';
import type { Callers, OfObm } from './callers.ts';
import { Refusal } from './refusals.ts';
import { viewOf } from './view.ts';

const closed = { additionalProperties: false };
const powerBody = Compile(
  Type.Object(
    {
      action: oneOf(powerActions),
      reference: Type.Optional(Type.String({ pattern: referencePattern })),
    },
    closed,
  ),
);
const lightBody = Compile(
  Type.Object(
    { light: Type.Union([Type.Integer({ minimum: 1, maximum: 255 }), oneOf(['on', 'off'])]) },
    closed,
  ),
);
const bootBody = Compile(
  Type.Object(
    {
      device: oneOf(bootDevices),
      persistent: Type.Boolean(),
      efi: Type.Optional(nullable(Type.Boolean())),
    },
    closed,
  ),
);

/** OBMs that are made text in one turn. */
const sliceRows = 200;

export const registerV2 = (app: FastifyInstance, obmd: Obmd, callers: Callers): void => {
  app.get('/v2/obms', async (request, reply) => {
    callers.mustBeAdmin(request);
    return reply.type('application/json').send(Readable.from(allOf(obmd)));
  });

  /** Which station leads, by the headers of the request: those before it are refused from now on. */
  app.put('/v2/term', async (request, reply) => {
    const { leading } = callers.mustBeAdmin(request);
    if (!leading)
      throw new Refusal(400, 'invalid-request', 'Halcyon-Term and Halcyon-Cluster say which one');
    return reply.code(204).send();
  });

  app.get<OfObm>('/v2/obms/:label', async (request, reply) => {
    const { label } = callers.either(request);
    obmd.machine(label);
    return reply.type('application/json').send(JSON.stringify(viewOf(obmd, obmd.obm(label)!)));
  });

  /** What is read of a machine when it is asked for. */
  const reading = (path: string, read: (machine: Machine) => Promise<unknown>): void => {
    app.get<OfObm>(`/v2/obms/:label/${path}`, async (request, reply) => {
      const caller = callers.either(request);
      const answer = await read(obmd.machine(caller.label));
      callers.mustStillBeIn(caller);
      return reply.type('application/json').send(JSON.stringify(answer));
    });
  };
  reading('sensors', (machine) => machine.sensors());
  reading('system-events', async (machine) => ({ events: await machine.systemEvents() }));
  reading('inventory', async (machine) => ({ parts: await machine.inventory() }));
  reading('boot-device', (machine) => machine.bootDevice());
  /** Proves the credentials, and says who answers. */
  reading('identity', (machine) => machine.validate());

  app.post<OfObm>('/v2/obms/:label/power', async (request, reply) => {
    const { label, asker, pass } = callers.either(request);
    const order = fitting(powerBody, request.body) as PowerOrder;
    const { reason, ...outcome } = await obmd.order(label, order, asker, pass);
    const code = reason === null ? null : reason instanceof ObmError ? reason.reason : 'internal';
    const why = reason && { reason: code, detail: reason.message };
    return reply.type('application/json').send(JSON.stringify({ ...outcome, why }));
  });

  app.put<OfObm>('/v2/obms/:label/boot-device', async (request, reply) => {
    const { label, asker, pass } = callers.either(request);
    const body = fitting(bootBody, request.body) as Omit<BootRequest, 'efi'> & Partial<BootRequest>;
    const set = await obmd.setBootDevice(label, { ...body, efi: body.efi ?? null }, asker, pass);
    return reply.type('application/json').send(JSON.stringify(set));
  });

  app.put<OfObm>('/v2/obms/:label/light', async (request, reply) => {
    const { label, asker, pass } = callers.either(request);
    const { light } = fitting(lightBody, request.body) as { light: number | 'on' | 'off' };
    await obmd.light(label, light, asker, pass);
    return reply.code(204).send();
  });
};

/** In slices, so that ten thousand of them hold nobody up. */
async function* allOf(obmd: Obmd): AsyncGenerator<string> {
  const all = [...obmd.obms()];
  yield `{"revision":${obmd.journal.head},"obms":[`;
  for (let from = 0; from < all.length; from += sliceRows) {
    const rows = all.slice(from, from + sliceRows).map((obm) => JSON.stringify(viewOf(obmd, obm)));
    yield `${from > 0 ? ',' : ''}${rows.join(',')}`;
  }
  yield ']}\n';
}
