/** What a plan says of the processes that would come: where, with which endpoint, and what of the ranges. */

import type { DryRun } from '../../../../client/types.ts';

export interface PlannedProcess {
  readonly fid: string;
  readonly role: string;
  readonly endpoint: string;
  readonly ranges: Readonly<Record<string, number>>;
}

export const plannedProcesses = ({ events }: DryRun): readonly PlannedProcess[] =>
  events.flatMap(({ type, data }) => (type === 'ProcessAdded' ? [data as PlannedProcess] : []));
