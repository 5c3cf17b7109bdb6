/** Actions, by what they are about. */

import type { Calls, Reply } from './calls.ts';
import type { ActionOptions, Operation } from './types.ts';

/** What may be asked of the cluster, a node, a host or a process. */
export type Action =
  | { readonly verb: 'start' | 'stop'; readonly cluster: true }
  | { readonly verb: 'start' | 'stop' | 'remove'; readonly node: string }
  | { readonly verb: 'start' | 'stop' | 'restart' | 'remove'; readonly process: string }
  | { readonly verb: 'remove'; readonly host: string };

/** Makes the call that an action means. */
export const takeAction = <O extends ActionOptions>(
  calls: Calls,
  action: Action,
  options?: O,
): Promise<Reply<Operation, O>> => {
  if ('cluster' in action) return calls[`${action.verb}Cluster`]<O>(options);
  if ('node' in action) return calls[`${action.verb}Node`]<O>(action.node, options);
  if ('process' in action) return calls[`${action.verb}Process`]<O>(action.process, options);
  return calls.removeHost<O>(action.host, options);
};
