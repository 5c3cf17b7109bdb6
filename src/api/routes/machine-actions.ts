/** What is asked of several machines in one request: of each as if it were asked of it alone. */

import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type * as contract from '../../contract/machine-actions.ts';
import { machinesAtOnceMax } from '../../contract/machine-actions.ts';
import type { MachinesActed, MachinesPlan } from '../../contract/machine-actions.ts';
import type { Operation } from '../../contract/operations.ts';
import type { DryRun } from '../../contract/outcome.ts';
import type { Station } from '../../station/station.ts';
import { Abandoned } from '../asker.ts';
import { mustBeAllowed } from '../auth.ts';
import type { AnyHandler, Handlers } from '../bind.ts';
import { isDryRun } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { machinesNamed } from '../fleet/asked.ts';
import { seenIn, surroundingsOf } from '../fleet/surroundings.ts';
import { asApiError } from '../problems.ts';

/** How each is asked of one machine: by the handlers of the endpoints that are about one. */
export interface ActionsOfOne {
  readonly reboot: AnyHandler;
  readonly power: AnyHandler;
}

type Work = (part: FastifyRequest) => Promise<Operation | DryRun>;
type Acted = Operation | MachinesActed | MachinesPlan;

export const machineActionHandlers = (
  station: Station,
  ofOne: ActionsOfOne,
): Handlers<typeof contract> => {
  const act = async (
    request: FastifyRequest,
    reply: FastifyReply,
    handler: AnyHandler,
    body: object,
  ): Promise<Acted> => {
    const machines = machinesAsked(station, request);
    for (const fqdn of machines) mustBeAllowed(station.graph, partOf(request, fqdn, { body }));
    const work: Work = async (part) => (await handler(part, reply)) as Operation | DryRun;
    if (machines.length === 1) return work(partOf(request, machines[0]!, { body }));
    const parts = machines.map((host, place): Part => {
      const part = { body, place };
      return {
        host,
        plan: () => work(partOf(request, host, { ...part, dryRun: true })) as Promise<DryRun>,
        act: () => work(partOf(request, host, part)) as Promise<Operation>,
      };
    });
    return isDryRun(request) ? planned(parts) : taken(parts, reply);
  };
  return {
    rebootMachines: (request, reply) => act(request, reply, ofOne.reboot, request.body),
    powerMachines: (request, reply) => {
      const { action } = request.params;
      return act(request, reply, ofOne.power, { ...request.body, action });
    },
  };
};

/** @throws {ApiError} one of them is not there, or they are too many */
const machinesAsked = (station: Station, request: FastifyRequest): readonly string[] => {
  const { nodes } = request.query as { nodes: string };
  const seen = seenIn(station, request, station.graph);
  const machines = machinesNamed(nodes, surroundingsOf(station, station.graph, seen));
  if (machines.length === 0)
    throw new ApiError('invalid-request', 'nodes names no machine', { field: 'nodes' });
  if (machines.length > machinesAtOnceMax)
    throw new ApiError(
      'invalid-request',
      `these are ${machines.length} machines; ${machinesAtOnceMax} at most go in one request`,
      { field: 'nodes' },
    );
  return machines;
};

interface Change {
  readonly body: object;
  readonly dryRun?: boolean;
  /** Of several, which of them it is; absent: it is the only one. */
  readonly place?: number;
}

/** The request as it would be of one machine. Of several each has its own key, so that none is taken for another. */
const partOf = (
  request: FastifyRequest,
  fqdn: string,
  { body, dryRun = isDryRun(request), place }: Change,
): FastifyRequest => {
  const {
    prefer,
    'idempotency-key': key,
    'if-match': expected,
    ...headers
  } = request.headers as Record<string, string | string[] | undefined>;
  const own =
    place === undefined
      ? { prefer, 'idempotency-key': key, 'if-match': expected }
      : {
          ...(key === undefined
            ? {}
            : { 'idempotency-key': hash('sha256', `${String(key)} ${fqdn}`) }),
          ...(place === 0 ? { 'if-match': expected } : {}),
        };
  const parts = {
    params: { fqdn },
    body,
    query: { dry_run: dryRun },
    headers: { ...headers, ...own },
  };
  const fields = Object.entries(parts).map(([name, value]) => [name, { value }] as const);
  return Object.create(request, Object.fromEntries(fields)) as FastifyRequest;
};

/** What is asked of one of several. */
interface Part {
  readonly host: string;
  readonly plan: () => Promise<DryRun>;
  readonly act: () => Promise<Operation>;
}

/** What is wrong with whoever asks, or with the question: not with the machine as it is now. */
const forbids: readonly number[] = [401, 403, 404];

const planned = async (parts: readonly Part[]): Promise<MachinesPlan> => {
  const { done: plans, refused } = await each(parts, ({ plan }) => plan());
  const forbidden = refused.find(({ error }) => forbids.includes(error.status));
  if (forbidden) throw forbidden.error;
  const [first] = plans;
  if (first === undefined) throw refused[0]!.error;
  const events = plans.flatMap((plan) => plan.events);
  return { ...first, events, refused: refused.map(refusedView) };
};

const taken = async (parts: readonly Part[], reply: FastifyReply): Promise<MachinesActed> => {
  for (const { plan } of parts) {
    const refused = await refusalIn(plan());
    if (refused && forbids.includes(refused.status)) throw refused;
  }
  const { done: operations, refused } = await each(parts, ({ act }) => act());
  if (operations.length === 0) throw refused[0]!.error;
  reply.removeHeader('location');
  return { operations, refused: refused.map(refusedView) };
};

interface Refusal {
  readonly host: string;
  readonly error: ApiError;
}

/** One after the other, in the order of the names: what was done, and of which nothing was. */
const each = async <T>(
  parts: readonly Part[],
  work: (part: Part) => Promise<T>,
): Promise<{ done: T[]; refused: Refusal[] }> => {
  const done: T[] = [];
  const refused: Refusal[] = [];
  for (const part of parts) {
    const error = await refusalIn(work(part).then((result) => void done.push(result)));
    if (error) refused.push({ host: part.host, error });
  }
  return { done, refused };
};

const refusedView = ({
  host,
  error: { status, code, message: detail },
}: Refusal): MachinesActed['refused'][number] => ({ host, status, code, detail });

const refusalIn = async (work: Promise<unknown>): Promise<ApiError | undefined> => {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof Abandoned) throw error;
    return asApiError(error as Error);
  }
};
