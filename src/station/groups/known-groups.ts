/** What a station knows of groups of machines, and who keeps that up to date. */

import { readDatedText } from '../../checks/groups/files.ts';
import { isScheduler, usualGroupSettings } from '../../checks/groups/settings.ts';
import type { GroupSettings } from '../../checks/groups/settings.ts';
import type { Scheduler } from '../../checks/scheduler/row.ts';
import { SavedSinfo } from '../../checks/scheduler/saved-sinfo.ts';
import { Slurm } from '../../checks/scheduler/slurm.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { Duty } from '../duties/duty.ts';
import { GroupReadings } from '../duties/group-readings.ts';
import { SchedulerWatch } from '../duties/scheduler-watch.ts';
import type { StationLogger } from '../logger.ts';
import type { Time } from '../time.ts';
import { Nodesets } from './nodesets.ts';
import { ScheduledMachines } from './scheduled-machines.ts';

export interface KnownGroupsParts {
  /** Absent: only what the cluster itself knows. */
  readonly settings: GroupSettings | undefined;
  readonly graph: () => Graph;
  readonly head: () => number;
  readonly time: Time;
  readonly logger: StationLogger;
}

export interface KnownGroups {
  readonly scheduler: SchedulerWatch;
  readonly scheduled: ScheduledMachines;
  readonly nodesets: Nodesets;
  readonly duties: readonly Duty[];
}

/** The scheduler that settings name. */
const schedulerOf = ({ sources, limitSeconds }: GroupSettings): Scheduler | undefined => {
  const source = sources.find(isScheduler);
  if (!source) return undefined;
  const { kind, conf, file = '' } = source;
  if (kind === 'sinfo') return new SavedSinfo(() => readDatedText(file));
  return new Slurm({ limitSeconds, ...(conf === undefined ? {} : { conf }) });
};

export const knownGroups = (parts: KnownGroupsParts): KnownGroups => {
  const { settings = usualGroupSettings, graph, head, time, logger } = parts;
  const { refreshSeconds: everySeconds } = settings;
  const scheduler = new SchedulerWatch({
    scheduler: schedulerOf(settings),
    ...{ everySeconds, time, logger },
  });
  const nodesets = new Nodesets({
    ...{ graph, revision: head, now: time.now, settings },
    scheduler: () => scheduler.snapshot,
  });
  const readings = new GroupReadings({ book: nodesets.book, everySeconds, time });
  const scheduled = new ScheduledMachines({
    watch: scheduler,
    machines: () => nodesets.machines,
  });
  return { scheduler, scheduled, nodesets, duties: [scheduler, readings] };
};
