/** Orders, and where the API takes them. */

/** One part of a path. */
export const segment = encodeURIComponent;

/** What may be ordered of the cluster, a node, a host or a process. */
export type Order =
  | { readonly verb: 'start' | 'stop'; readonly cluster: true }
  | { readonly verb: 'start' | 'stop' | 'remove'; readonly node: string }
  | { readonly verb: 'start' | 'stop' | 'restart' | 'remove'; readonly process: string }
  | { readonly verb: 'remove'; readonly host: string };

/** Method and path that set it off. */
export const orderRoute = (order: Order): readonly ['POST' | 'DELETE', string] => {
  const path =
    'cluster' in order
      ? '/cluster'
      : 'node' in order
        ? `/nodes/${segment(order.node)}`
        : 'process' in order
          ? `/processes/${segment(order.process)}`
          : `/hosts/${segment(order.host)}`;
  return order.verb === 'remove' ? ['DELETE', path] : ['POST', `${path}/${order.verb}`];
};
