/**
 * obmd's REST API, so that what was written for obmd works unchanged. Where ours answers otherwise it is said in
 * docs/obmd-compatibility.md.
 */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { labelPattern } from '../catalogue/events.ts';
import { bootDevices } from '../drivers/driver.ts';
import type { BootDevice, PowerAction } from '../drivers/driver.ts';
import { ObmError } from '../errors.ts';
import type { Pass } from '../gate.ts';
import type { Asker, Obmd } from '../obmd.ts';
import type { Admin } from './admin.ts';
import { jsonOf } from './bodies.ts';
import { streamConsole } from './console-stream.ts';
import type { Knocks } from './knocks.ts';
import { nothingHere, notLetIn, Refusal } from './refusals.ts';

interface OfNode {
  Params: { label: string };
  Querystring: Record<string, unknown>;
}
type Request = FastifyRequest<OfNode>;

export interface ApiParts {
  readonly obmd: Obmd;
  readonly admin: Admin;
  readonly knocks: Knocks;
}

const isLabel = new RegExp(labelPattern);
const bearer = /^Bearer +(\S+)$/i;

export const registerV1 = (app: FastifyInstance, { obmd, admin, knocks }: ApiParts): void => {
  const refuse = (request: Request, refusal: Refusal): never => {
    if (knocks.refused(request.ip))
      throw new Refusal(429, 'too-many-requests', 'too many wrong tokens from this address; wait');
    throw refusal;
  };

  const labelOf = (request: Request): string => {
    if (isLabel.test(request.params.label)) return request.params.label;
    throw nothingHere();
  };

  /** The rest is for the administrator alone; to everybody else it is not there. */
  const asAdmin = (request: Request): { label: string; asker: Asker } => {
    if (!admin.is(request.headers.authorization)) refuse(request, nothingHere());
    return { label: labelOf(request), asker: { actor: 'admin', request: request.id } };
  };

  /** Whoever has the token of the OBM; the token is looked at before all else. */
  const asHolder = (request: Request): { label: string; asker: Asker; pass: Pass } => {
    const { token = bearer.exec(request.headers.authorization ?? '')?.[1] } = request.query;
    const { label } = request.params;
    const pass = obmd.gate.enter(label, token);
    if (!pass) return refuse(request, notLetIn());
    return { label, pass, asker: { actor: `holder:${pass.epoch}`, request: request.id } };
  };

  app.put<OfNode>('/node/:label', async (request, reply) => {
    const { label, asker } = asAdmin(request);
    const { type, info, ...others } = jsonOf(request.body);
    const [unknown] = Object.keys(others);
    if (unknown !== undefined)
      throw new Refusal(400, 'invalid-request', `${unknown} is not known`, unknown);
    if (typeof type !== 'string')
      throw new Refusal(400, 'invalid-request', 'type is missing, or no text', 'type');
    await obmd.register(label, type, info, asker);
    return reply.code(200).send();
  });

  app.delete<OfNode>('/node/:label', async (request, reply) => {
    const { label, asker } = asAdmin(request);
    await obmd.unregister(label, asker);
    return reply.code(200).send();
  });

  app.post<OfNode>('/node/:label/token', async (request, reply) => {
    const { label, asker } = asAdmin(request);
    const token = await obmd.issueToken(label, asker);
    return reply.type('application/json').send(`${JSON.stringify({ token })}\n`);
  });

  app.delete<OfNode>('/node/:label/token', async (request, reply) => {
    const { label, asker } = asAdmin(request);
    await obmd.revokeToken(label, asker);
    return reply.code(200).send();
  });

  const order = async (request: Request, action: PowerAction): Promise<void> => {
    const { label, asker, pass } = asHolder(request);
    const { outcome, reason } = await obmd.order(label, action, asker, pass);
    if (outcome === 'done') return;
    const what = outcome === 'unknown' ? 'it may have been carried out or not' : 'not carried out';
    const code = reason instanceof ObmError ? reason.reason : 'refused';
    throw new Refusal(500, code, `${what}: ${reason?.message ?? 'the OBM says no'}`);
  };

  app.post<OfNode>('/node/:label/power_on', async (request, reply) => {
    await order(request, 'on');
    return reply.code(200).send();
  });

  app.post<OfNode>('/node/:label/power_off', async (request, reply) => {
    await order(request, 'off');
    return reply.code(200).send();
  });

  app.post<OfNode>('/node/:label/power_cycle', async (request, reply) => {
    asHolder(request);
    const { force = false } = jsonOf(request.body);
    if (typeof force !== 'boolean')
      throw new Refusal(400, 'invalid-request', 'force is neither true nor false', 'force');
    await order(request, force ? 'reset' : 'cycle');
    return reply.code(200).send();
  });

  app.put<OfNode>('/node/:label/boot_device', async (request, reply) => {
    const { label } = asHolder(request);
    const { bootdev } = jsonOf(request.body);
    if (!bootDevices.includes(bootdev as BootDevice))
      throw new Refusal(
        400,
        'invalid-request',
        `bootdev must be one of ${bootDevices.join(', ')}`,
        'bootdev',
      );
    const device = bootdev as BootDevice;
    await obmd.machine(label).setBootDevice({ device, persistent: true, efi: null });
    return reply.code(200).send();
  });

  app.get<OfNode>('/node/:label/console', async (request, reply) => {
    const { pass, asker } = asHolder(request);
    await streamConsole(obmd, pass, asker.actor, request, reply);
  });

  app.get<OfNode>('/node/:label/power_status', async (request, reply) => {
    const { label } = asHolder(request);
    const { state } = await obmd.machine(label).observePower();
    return reply.type('application/json').send(`${JSON.stringify({ power_status: state })}\n`);
  });
};
