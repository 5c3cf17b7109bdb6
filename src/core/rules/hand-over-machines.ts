/** What a machine leaves behind with those who had it. */

import { decided } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import { byFid } from '../values/fid.ts';
import { eventRule } from './rule.ts';
import type { Rule } from './rule.ts';

/** Whoever kept the token of a process would read with it what the next ones do on the machine. */
const closeProcesses = eventRule({
  name: 'close-processes',
  description: 'The tokens of the processes on a machine end with its lending.',
  on: ['MachineDetached'],
  react: (graph, { data: { fqdn } }) => {
    const node = graph.one('runs', fqdn);
    const processes = node ? [...graph.many('hosts', node.fid)].sort(byFid) : [];
    return decided(
      processes.flatMap(({ fid }) =>
        Array.from(graph.many('speaks', fid), ({ id }) => id)
          .sort()
          .map((id): EventDraft => ({
            type: 'CredentialRevoked',
            data: { id, why: 'owner-removed' },
          })),
      ),
    );
  },
});

export const handOverMachines: readonly Rule[] = [closeProcesses];
