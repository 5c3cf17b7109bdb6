/**
 * obmd's REST API, so that what was written for obmd works unchanged. Where ours answers otherwise it is said in
 * docs/obmd-compatibility.md.
 */

import type { FastifyInstance } from 'fastify';
import { bootDevices } from '../drivers/driver.ts';
import type { BootDevice, PowerAction } from '../drivers/driver.ts';
import { ObmError } from '../errors.ts';
import type { Obmd } from '../obmd.ts';
import { jsonOf } from './bodies.ts';
import { streamConsole } from './console-stream.ts';
import type { Callers, ObmRequest, OfObm } from './callers.ts';
import { Refusal } from './refusals.ts';

/** However many ask, a machine is looked at once in so long, ms, unless something was ordered meanwhile. */
const askedFreshMs = 1_000;

export const registerV1 = (app: FastifyInstance, obmd: Obmd, callers: Callers): void => {
  app.put<OfObm>('/node/:label', async (request, reply) => {
    const { label, asker } = callers.admin(request);
    const { type, info, ...others } = jsonOf(request.body);
    const [unknown] = Object.keys(others);
    if (unknown !== undefined)
      throw new Refusal(400, 'invalid-request', `${unknown} is not known`, unknown);
    if (typeof type !== 'string')
      throw new Refusal(400, 'invalid-request', 'type is missing, or no text', 'type');
    await obmd.register(label, type, info, asker);
    return reply.code(200).send();
  });

  app.delete<OfObm>('/node/:label', async (request, reply) => {
    const { label, asker } = callers.admin(request);
    await obmd.unregister(label, asker);
    return reply.code(200).send();
  });

  app.post<OfObm>('/node/:label/token', async (request, reply) => {
    const { label, asker } = callers.admin(request);
    const token = await obmd.issueToken(label, asker);
    return reply.type('application/json').send(`${JSON.stringify({ token })}\n`);
  });

  app.delete<OfObm>('/node/:label/token', async (request, reply) => {
    const { label, asker } = callers.admin(request);
    await obmd.revokeToken(label, asker);
    return reply.code(200).send();
  });

  const order = async (request: ObmRequest, action: PowerAction): Promise<void> => {
    const { label, asker, pass } = callers.holder(request);
    const { outcome, reason } = await obmd.order(label, { action }, asker, pass);
    if (outcome === 'done') return;
    const what = outcome === 'unknown' ? 'it may have been carried out or not' : 'not carried out';
    const code = reason instanceof ObmError ? reason.reason : 'refused';
    throw new Refusal(500, code, `${what}: ${reason?.message ?? 'the OBM says no'}`);
  };

  app.post<OfObm>('/node/:label/power_on', async (request, reply) => {
    await order(request, 'on');
    return reply.code(200).send();
  });

  app.post<OfObm>('/node/:label/power_off', async (request, reply) => {
    await order(request, 'off');
    return reply.code(200).send();
  });

  app.post<OfObm>('/node/:label/power_cycle', async (request, reply) => {
    callers.holder(request);
    const { force = false } = jsonOf(request.body);
    if (typeof force !== 'boolean')
      throw new Refusal(400, 'invalid-request', 'force is neither true nor false', 'force');
    await order(request, force ? 'reset' : 'cycle');
    return reply.code(200).send();
  });

  app.put<OfObm>('/node/:label/boot_device', async (request, reply) => {
    const { label, asker, pass } = callers.holder(request);
    const { bootdev } = jsonOf(request.body);
    if (!bootDevices.includes(bootdev as BootDevice))
      throw new Refusal(
        400,
        'invalid-request',
        `bootdev must be one of ${bootDevices.join(', ')}`,
        'bootdev',
      );
    const device = bootdev as BootDevice;
    await obmd.setBootDevice(label, { device, persistent: true, efi: null }, asker, pass);
    return reply.code(200).send();
  });

  app.get<OfObm>('/node/:label/console', async (request, reply) => {
    const { pass, asker } = callers.holder(request);
    const right = { pass, principal: asker.actor, mayWrite: false };
    await streamConsole(obmd, right, asker, request, reply);
  });

  app.get<OfObm>('/node/:label/power_status', async (request, reply) => {
    const holder = callers.holder(request);
    const freshMs = Math.min(obmd.pacing.now.freshMs, askedFreshMs);
    const { state } = await obmd.machine(holder.label).observePower(freshMs);
    callers.mustStillBeIn(holder);
    return reply.type('application/json').send(`${JSON.stringify({ power_status: state })}\n`);
  });
};
