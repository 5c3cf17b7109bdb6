/** Orders, by what they are about. */

import type { Calls, Reply } from './calls.ts';
import type { Operation, OrderOptions } from './types.ts';

/** What may be ordered of the cluster, a node, a host or a process. */
export type Order =
  | { readonly verb: 'start' | 'stop'; readonly cluster: true }
  | { readonly verb: 'start' | 'stop' | 'remove'; readonly node: string }
  | { readonly verb: 'start' | 'stop' | 'restart' | 'remove'; readonly process: string }
  | { readonly verb: 'remove'; readonly host: string };

/** Makes the call that an order means. */
export const placeOrder = <O extends OrderOptions>(
  calls: Calls,
  order: Order,
  options?: O,
): Promise<Reply<Operation, O>> => {
  if ('cluster' in order) return calls[`${order.verb}Cluster`]<O>(options);
  if ('node' in order) return calls[`${order.verb}Node`]<O>(order.node, options);
  if ('process' in order) return calls[`${order.verb}Process`]<O>(order.process, options);
  return calls.removeHost<O>(order.host, options);
};
