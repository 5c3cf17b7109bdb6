/** Actions, by what they are about. */

import type { Calls, Reply } from './calls.ts';
import type {
  ActionOptions,
  BootDeviceBody,
  LightBody,
  Operation,
  PowerBody,
  RefreshBody,
} from './types.ts';

/** What may be asked of the cluster, a node, a host or a process. */
export type Action =
  | { readonly verb: 'start' | 'stop'; readonly cluster: true }
  | { readonly verb: 'start' | 'stop' | 'remove'; readonly node: string }
  | { readonly verb: 'start' | 'stop' | 'restart' | 'remove'; readonly process: string }
  | { readonly verb: 'remove'; readonly host: string }
  | {
      readonly verb: 'power';
      readonly host: string;
      readonly action: PowerBody['action'];
      /** It is over when the host is up, or so many s after it was sent. */
      readonly waitUp?: number | undefined;
      /** For so many seconds it may wait for its turn. */
      readonly deadline?: number | undefined;
    }
  | { readonly verb: 'boot-device'; readonly host: string; readonly boot: BootDeviceBody }
  | { readonly verb: 'light'; readonly host: string; readonly light: LightBody['light'] }
  | { readonly verb: 'refresh'; readonly host: string; readonly refresh: RefreshBody };

/** Makes the call that an action means. */
export const takeAction = <O extends ActionOptions>(
  calls: Calls,
  action: Action,
  options?: O,
): Promise<Reply<Operation, O>> => {
  if ('cluster' in action) return calls[`${action.verb}Cluster`]<O>(options);
  if ('node' in action) return calls[`${action.verb}Node`]<O>(action.node, options);
  if ('process' in action) return calls[`${action.verb}Process`]<O>(action.process, options);
  const { host } = action;
  switch (action.verb) {
    case 'power': {
      const { action: power, waitUp, deadline } = action;
      const wait = waitUp === undefined ? {} : { wait_up: waitUp };
      const turn = deadline === undefined ? {} : { begin_within: deadline };
      return calls.powerObm<O>(host, { action: power, ...wait, ...turn }, options);
    }
    case 'boot-device':
      return calls.setBootDevice<O>(host, action.boot, options);
    case 'light':
      return calls.setLight<O>(host, { light: action.light }, options);
    case 'refresh':
      return calls.refreshObm<O>(host, action.refresh, options);
    case 'remove':
      return calls.removeHost<O>(host, options);
  }
};
