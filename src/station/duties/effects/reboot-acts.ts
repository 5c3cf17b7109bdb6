/**
 * What reboots need done outside. Each may be done again by a station that comes after: a machine that has started anew
 * is not asked twice, and what is drained or resumed already is left so.
 */

import type { CheckSettings } from '../../../checks/settings/settings.ts';
import { rebootRightEnded } from '../../../core/rights/used-right.ts';
import {
  drainsMachine,
  resumesMachine,
  verifiesChecks,
} from '../../../core/procedures/in-service.ts';
import { asksMachine } from '../../../core/procedures/reboot.ts';
import type { Suggestions } from '../../suggestions/suggestions.ts';
import { askToReboot } from './ask-to-reboot.ts';
import type { Ended } from './effect.ts';
import { drainMachine, resumeMachine } from './in-scheduler.ts';
import type { SchedulerSite } from './in-scheduler.ts';
import { soFarOf } from './obm-orders.ts';
import type { Do, Doing } from './stage-acts.ts';
import { verifyChecks } from './verify-checks.ts';
import type { ChecksSite } from './verify-checks.ts';

/** What of a station it takes. */
export interface RebootSite extends ChecksSite {
  readonly suggestions: Pick<Suggestions, 'mayNotSend'>;
  readonly groups: SchedulerSite;
  readonly checks: ChecksSite['checks'] & { readonly settings: CheckSettings };
}

export const rebootActs = (site: RebootSite): ReadonlyMap<string, Do> =>
  new Map<string, Do>([
    [drainsMachine, (doing) => drainMachine(site.groups, doing)],
    [asksMachine, (doing) => askMachine(site, doing)],
    [verifiesChecks, (doing) => verifyChecks(site, doing)],
    [resumesMachine, (doing) => resumeMachine(site.groups, doing)],
  ]);

/** Right and vetoes are looked at just before. @throws the reason of the signal */
const askMachine = async (site: RebootSite, { course, context }: Doing): Promise<Ended> => {
  const { row } = course() ?? {};
  const { graph, time } = context;
  if (!row?.reboot || row.boot === undefined) return { outcome: 'failed', detail: 'it is over' };
  const { host, reboot, boot } = row;
  const why =
    rebootRightEnded(graph, host, reboot, time.now())?.rejection.message ??
    site.suggestions.mayNotSend(host, reboot, soFarOf(row));
  if (why !== null) return { outcome: 'failed', detail: `nothing was sent: ${why}` };
  const seen = site.observations.of(host, 'ssh');
  if (seen?.verdict === 'fail')
    return { outcome: 'failed', detail: `ssh does not answer: ${seen.text}` };
  const { sshFile } = site.checks.settings;
  if (sshFile === null)
    return {
      outcome: 'failed',
      detail: 'the file of checks does not say under "ssh" how machines are reached',
    };
  const address = graph.get('host', host)?.facts?.address ?? null;
  return askToReboot(sshFile, host, { boot, address }, context);
};
