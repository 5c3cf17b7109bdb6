/** Out-of-band managers as the API shows them. */

import type { Obm } from '../../contract/obms.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { RegistrationRow } from '../../core/graph/rows/obms.ts';
import { obmStateOf } from '../../core/lifecycle/obm.ts';

/** @param isReduced without what is nobody's business who only has the machine: how its OBM is reached */
export const obmView = (graph: ReadGraph, row: RegistrationRow, isReduced = false): Obm => {
  const { host, obmd, label, epoch, since } = row;
  const { power = null, trouble = null } = graph.get('observation', host) ?? {};
  return {
    host,
    project: graph.must('host', host).project,
    state: obmStateOf(row),
    since,
    epoch,
    power: power && { state: power.state, since: power.seen },
    trouble: trouble && { reason: trouble.reason, since: trouble.seen },
    obmd: isReduced ? null : obmd,
    label: isReduced ? null : label,
  };
};
