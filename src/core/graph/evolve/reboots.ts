/** What the events of reboots change in the graph. */

import type { rebootEvents } from '../../events/reboots.ts';
import type { Evolvers } from '../changes.ts';

export const rebootEvolvers: Evolvers<typeof rebootEvents> = {
  RebootOrdered: (graph, { fqdn, ...reboot }, { revision }) => {
    const procedure = [...graph.many('undergoes', fqdn)].find(
      ({ created }) => created === revision,
    );
    if (procedure) return graph.put('procedure', { ...procedure, reboot });
    // Before it was done in stages, it was one order.
    const order = [...graph.many('obeys', fqdn)].find(({ created }) => created === revision);
    if (order) graph.put('order', { ...order, reboot });
  },

  /** For those who read the log. */
  RebootRefused: () => undefined,
};
