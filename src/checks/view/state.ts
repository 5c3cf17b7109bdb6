/** What all that is known of a machine comes to: one word, why, and whether somebody should look at it. */

import type { Cause, Observation, Verdict } from '../observation.ts';
import { observationOf } from './row.ts';
import type { FleetRow, MachineFacts, MachineState } from './row.ts';

/** Whoever says so is alive: only nobody is let in. */
const lockedOut: ReadonlySet<Cause> = new Set([
  'auth-refused',
  'host-key-changed',
  'host-key-unknown',
  'password-asked',
]);
/** The kernel of a machine that says so runs. */
const signOfLife: ReadonlySet<Cause> = new Set(['refused', 'no-banner', 'reset']);

/** How a machine is reached. Where it is up, one of these that does not work is information. */
const reachability: ReadonlySet<string> = new Set(['ping', 'tcp', 'ssh', 'agent']);

interface Judged {
  readonly state: MachineState;
  readonly reason: string;
}

/** Row of the facts, with what they come to. Deterministic: the same facts give the same row. */
export const rowOf = (facts: MachineFacts): FleetRow => {
  const { state, reason } = judge(facts);
  const counted = facts.checks.filter(({ check }) => state !== 'up' || !reachability.has(check));
  const isAskingForHelp = ({ verdict }: Observation): boolean =>
    verdict === 'fail' || verdict === 'warn';
  return {
    ...facts,
    state,
    reason,
    since: facts.hostSince,
    verdict: worstOf(counted, state),
    failing: counted.filter(isAskingForHelp).map(({ check }) => check),
  };
};

/** The highest rung that holds; what is unknown is never taken for no. */
const judge = (facts: MachineFacts): Judged => {
  const look = (check: string): Observation | undefined => observationOf(facts, check);
  const [ssh, ping, tcp, power, bmc] = ['ssh', 'ping', 'tcp', 'power', 'ipmi'].map(look);
  const silence = facts.host === 'down' ? facts.hostReason || 'its agent is silent' : '';
  if (facts.host === 'up') return { state: 'up', reason: problemOf(ssh) };
  if (ssh?.verdict === 'ok' || ssh?.verdict === 'warn')
    return { state: 'up', reason: silence && `no agent: ${silence}` };
  if (ssh?.cause && lockedOut.has(ssh.cause)) return { state: 'ssh', reason: said(ssh) };
  if (isAnswer(ping) || isAnswer(tcp) || (ssh?.cause && signOfLife.has(ssh.cause)))
    return { state: 'ping', reason: ssh ? said(ssh) : silence || 'nobody asked its ssh' };
  if (power?.value === 'on') return { state: 'on', reason: silence || said(ssh ?? ping ?? power) };
  if (power?.value === 'off') return { state: 'off', reason: said(power) };
  if (isAnswer(bmc)) return { state: 'bmc', reason: silence || said(ssh ?? ping ?? bmc!) };
  const asked = [ssh, ping, tcp].filter((one) => one !== undefined);
  const failed = asked.find(({ verdict }) => verdict === 'fail');
  const open = asked.find(({ verdict }) => verdict === 'unknown');
  if (open) return { state: 'unknown', reason: said(open) };
  if (failed) return { state: 'dark', reason: said(failed) };
  if (silence) return { state: 'dark', reason: silence };
  return { state: 'unknown', reason: 'nobody has found out yet' };
};

const isAnswer = (one: Observation | undefined): boolean =>
  one?.verdict === 'ok' || one?.verdict === 'warn';

const said = ({ check, text, verdict, cause }: Observation): string =>
  `${check}: ${text || cause || verdict}`;

const problemOf = (one: Observation | undefined): string =>
  one?.verdict === 'fail' ? said(one) : '';

const ranks: Readonly<Record<Verdict, number>> = {
  skipped: 0,
  ok: 1,
  unknown: 2,
  warn: 3,
  fail: 4,
};

const worstOf = (checks: readonly Observation[], state: MachineState): Verdict => {
  const worst = checks.reduce<Verdict>(
    (verdict, one) => (ranks[one.verdict] > ranks[verdict] ? one.verdict : verdict),
    state === 'up' ? 'ok' : 'skipped',
  );
  if (worst !== 'skipped' && worst !== 'ok') return worst;
  return state === 'up' ? 'ok' : state === 'unknown' ? 'unknown' : 'fail';
};

/** Whether a machine fails, for scripts: what nobody knows is no failure, and who works on it knows of it. */
export const isFailing = ({ state, verdict, maintenance }: FleetRow): boolean =>
  maintenance === null && state !== 'unknown' && (state !== 'up' || verdict === 'fail');

/** Whether somebody should look at it. */
export const isProblem = (row: FleetRow): boolean => severityOf(row) > 0;

const stateRanks: Readonly<Record<MachineState, number>> = {
  dark: 9,
  on: 8,
  bmc: 7,
  ping: 6,
  ssh: 5,
  off: 4,
  unknown: 1,
  up: 0,
};

/** As they ask for somebody, in which order they are counted up. */
export const statesWorstFirst = Object.keys(stateRanks) as readonly MachineState[];

/**
 * How much a machine asks for somebody; 0: not at all. What is broken comes before what warns, what is unknown after
 * that, and what somebody works on already last.
 */
export const severityOf = (row: FleetRow): number => {
  const { state, verdict } = row;
  const judged = verdict === 'fail' ? 3 : verdict === 'warn' ? 2 : 0;
  const drained = row.scheduler && /^(down|drain|drng|fail)/i.test(row.scheduler.state) ? 1 : 0;
  const severity = Math.max(stateRanks[state], judged, drained);
  if (severity === 0) return 0;
  return row.maintenance ? 0.5 : severity;
};
