/** Long work as it goes on: told again whenever it changes, through broken connections, until its end. */

import { requestOf } from './calls.ts';
import { followMessages } from './follow.ts';
import type { FollowOptions } from './follow.ts';
import type { Transport } from './transport.ts';
import type { Operation } from './types.ts';

export type FollowOperationOptions = Pick<
  FollowOptions,
  'signal' | 'onOpen' | 'onRetry' | 'silenceMs' | 'backoffMs'
>;

/** The operation at once, and again whenever it is further; the last is how it ended. */
export async function* followOperation(
  transport: Transport,
  id: number,
  options: FollowOperationOptions,
): AsyncGenerator<Operation> {
  const request = () => requestOf('operation', [id]);
  for await (const { event, data } of followMessages(transport, { ...options, request })) {
    yield JSON.parse(data) as Operation;
    if (event === 'end') return;
  }
}
