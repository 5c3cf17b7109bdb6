/** The fleet as it is and goes on: read once, and then what changes. */

import { requestOf } from './calls.ts';
import { followMessages } from './follow.ts';
import type { FollowOptions } from './follow.ts';
import { jsonOf } from './transport.ts';
import type { Transport } from './transport.ts';
import type { FleetAnswer, FleetMachine, FleetQuery, RequestOptions } from './types.ts';

export interface FleetNow {
  readonly meta: FleetAnswer['meta'];
  /** Those that pass, in no order. */
  readonly machines: ReadonlyMap<string, FleetMachine>;
  /** By the clock of the station, ms since the epoch. */
  readonly at: number;
}

interface Change {
  readonly at: number;
  readonly nodes: readonly FleetMachine[];
  readonly gone: readonly string[];
}

export type FollowFleetOptions = Pick<
  FollowOptions,
  'signal' | 'onRetry' | 'onOpen' | 'silenceMs' | 'backoffMs'
> & {
  readonly query?: FleetQuery | undefined;
};

/** The fleet at once, and again whenever something changed; what comes together is told together. */
export async function* followFleet(
  transport: Transport,
  { query = {}, ...options }: FollowFleetOptions,
): AsyncGenerator<FleetNow> {
  for (;;) {
    const answer = await whole(transport, query, options);
    const machines = new Map((answer.nodes ?? []).map((one) => [one.name, one]));
    yield { meta: answer.meta, machines, at: answer.meta.at };
    const messages = followMessages(transport, {
      ...options,
      last: answer.meta.version,
      request: () => requestOf('fleet', [query]),
    });
    for await (const { event, data } of messages) {
      if (event === 'reset' || event === 'start') break;
      const { at, nodes, gone } = JSON.parse(data) as Change;
      for (const name of gone) machines.delete(name);
      for (const one of nodes) machines.set(one.name, one);
      yield { meta: answer.meta, machines, at };
    }
  }
}

const whole = async (
  transport: Transport,
  query: FleetQuery,
  { signal }: RequestOptions,
): Promise<FleetAnswer> =>
  jsonOf<FleetAnswer>(await transport.send(requestOf('fleet', [{ ...query, signal }])));
