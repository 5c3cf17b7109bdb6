/** Events of what operators want: of processes, nodes and the whole cluster. */

import { Type } from 'typebox';
import type { Fid } from '../values/fid.ts';
import { wantedStates } from '../values/states.ts';
import { event } from './define.ts';
import { closed, FidField, oneOf } from './fields.ts';

const WantedField = oneOf(wantedStates);

export const wantedEvents = {
  /** Operators want a process to run, or not to. */
  ProcessWanted: event(1, Type.Object({ fid: FidField, state: WantedField }, closed), {
    fid: '0x7200000000000001:0x2a' as Fid,
    state: 'online',
  }),

  NodeWanted: event(1, Type.Object({ fid: FidField, state: WantedField }, closed), {
    fid: '0x6e00000000000001:0x9' as Fid,
    state: 'online',
  }),

  ClusterWanted: event(1, Type.Object({ state: WantedField }, closed), { state: 'online' }),

  /** More nodes begin than one commit has room for: those after this one follow at once. */
  ClusterAdvanceDeferred: event(
    1,
    Type.Object({ after: FidField, at: Type.Integer({ minimum: 0 }) }, closed),
    { after: '0x6e00000000000001:0x9' as Fid, at: 1_795_000_000_000 },
  ),

  ClusterAdvanceResumed: event(1, Type.Object({ after: FidField }, closed), {
    after: '0x6e00000000000001:0x9' as Fid,
  }),
};
