/** All that a leading station does, in the order in which it begins. */

import type { CheckSettings } from '../../checks/settings/settings.ts';
import type { Command } from '../../core/commands/index.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { EventLog } from '../../log/log.ts';
import { awakeClock } from '../clocks.ts';
import type { Clock } from '../clocks.ts';
import type { Turns } from '../fair-use/turns.ts';
import type { KnownGroups } from '../groups/known-groups.ts';
import type { StationLogger } from '../logger.ts';
import type { Obms } from '../obm/obms.ts';
import type { Observations } from '../observations/observations.ts';
import type { Premises } from '../premises.ts';
import type { MakeReply, Result } from '../result.ts';
import type { Time } from '../time.ts';
import { AgentSessions } from './agent-sessions.ts';
import { Checks } from './checks.ts';
import { ConsoleRights } from './console-rights.ts';
import { Deadlines } from './deadlines.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Duty } from './duty.ts';
import { effectKinds } from './effects/kinds.ts';
import type { RebootSite } from './effects/reboot-acts.ts';
import { Executor } from './executor.ts';
import { KeptSamples } from './kept-samples.ts';
import { Leases } from './leases.ts';
import { ObmFollowers } from './obm-followers.ts';
import type { ObmFollowersParts } from './obm-followers.ts';
import { ObservedMachines } from './observed-machines.ts';
import { OwnCommands } from './own-commands.ts';
import { SchedulerFindings } from './scheduler-findings.ts';

export interface DutiesParts {
  readonly log: EventLog;
  readonly graph: () => Graph;
  /** The time of the log. */
  readonly now: Clock;
  readonly time: Time;
  readonly turns: Turns;
  readonly logger: StationLogger;
  readonly premises: Premises;
  readonly reach: ObmFollowersParts['reach'];
  /** Of the data. */
  readonly directory: string;
  /** Submits in the name of the station. */
  readonly submit: <T>(command: Command, makeReply: MakeReply<T>) => Promise<Result<T>>;
  readonly obms: Obms;
  readonly observations: Observations;
  readonly groups: KnownGroups;
  readonly site: RebootSite;
  readonly settings: CheckSettings;
  /** Whether the station still leads, by its clocks. */
  readonly mayAct: () => boolean;
}

export interface MadeDuties {
  readonly agents: AgentSessions;
  readonly leases: Leases;
  readonly dispatcher: Dispatcher;
  readonly checks: Checks;
  readonly duties: readonly Duty[];
}

export const dutiesOf = (parts: DutiesParts): MadeDuties => {
  const { log, graph, now, time, turns, logger, premises, reach, directory, submit } = parts;
  const { obms, observations, groups, site, settings, mayAct } = parts;
  const awake = awakeClock(time.monotonic);
  const own = new OwnCommands({
    submit: (command) => submit(command, () => null),
    premises,
    logger,
  });
  const agents = new AgentSessions({
    ...{ graph, awake, time },
    lost: (fqdn, reason) => void own.attempt({ type: 'ReportNodeDown', fqdn, reason }),
  });
  const leases = new Leases({
    ...{ graph, awake, time },
    expired: (fid, reason) => void own.attempt({ type: 'ExpireLease', fid, reason }),
  });
  const dispatcher = new Dispatcher(log, graph, agents);
  const executor = new Executor({
    kinds: effectKinds(obms, site),
    ...{ log, graph, time, mayAct },
    submit: (command) => own.submit(command),
  });
  const consoleRights = new ConsoleRights({
    ...{ log, graph, time, logger },
    shut: (id) => obms.consoles.shut(id),
    submit: (command) => own.submit(command),
  });
  const checks = new Checks({ ...{ log, graph, time, logger, own, observations, settings } });
  const duties = [
    own,
    agents,
    leases,
    dispatcher,
    executor,
    consoleRights,
    new ObmFollowers({
      ...{ log, graph, reach, logger },
      adminOf: (obmd) => obms.adminOf(obmd),
      observed: obms.observed,
      submit: (command) => own.submit(command),
    }),
    new ObservedMachines({ log, graph, observations }),
    new KeptSamples({
      ...{ directory, graph, observations, time, logger },
      trouble: () => premises.trouble,
    }),
    checks,
    new SchedulerFindings({ machines: groups.scheduled, checks, turns }),
    ...groups.duties,
    new Deadlines({ graph, now, time, agents, own }),
  ];
  return { agents, leases, dispatcher, checks, duties };
};
