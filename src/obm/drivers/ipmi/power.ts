/** Orders about power by IPMI. */

import { controlPower, getChassisStatus, IpmiError } from '../../../ipmi/index.ts';
import type { ChassisStatus, PowerOutcome as IpmiOutcome, Session } from '../../../ipmi/index.ts';
import type { PowerAction, PowerObservation, PowerOutcome } from '../driver.ts';
import { obmError } from './errors.ts';

type PowerEvent = ChassisStatus['lastPowerEvent'];

const causes: Readonly<Record<keyof PowerEvent, string>> = {
  mainsFailed: 'mains power failed',
  overload: 'overload',
  interlock: 'interlock',
  fault: 'power fault',
  command: 'switched on by command',
};

export const observe = async (session: Session): Promise<PowerObservation> => {
  const { on, lastPowerEvent } = await session.send(getChassisStatus);
  const held = (Object.keys(causes) as (keyof PowerEvent)[]).filter((name) => lastPowerEvent[name]);
  const detail = held.length === 0 ? null : held.map((name) => causes[name]).join(', ');
  return { state: on ? 'on' : 'off', detail };
};

/** Not supported in present state, IPMI 2.0 table 5-2. */
const notInThisState = 0xd5;

const done = (instead: PowerAction | null, by: 'answer' | 'state'): PowerOutcome => ({
  outcome: 'done',
  by,
  instead,
  reason: null,
});

/**
 * At most one order is sent. A machine that is off is not cycled or reset but switched on, which is what both end
 * in; one that is on or off already is left alone.
 */
export const orderPower = async (
  session: Session,
  action: PowerAction,
  signal: AbortSignal,
): Promise<PowerOutcome> => {
  const { on } = await session.send(getChassisStatus);
  if ((action === 'on' && on) || ((action === 'off' || action === 'soft') && !on))
    return done(null, 'state');
  const instead = !on && (action === 'cycle' || action === 'reset') ? 'on' : null;
  let ended: IpmiOutcome;
  try {
    ended = await controlPower(session, instead ?? action, { signal });
  } catch (error) {
    // It says so only where nothing was sent.
    if (!signal.aborted || error !== signal.reason) throw error;
    return { outcome: 'not-done', by: 'nothing', instead, reason: error as Error };
  }
  const { outcome, by, error } = ended;
  // It has become so since it was looked at.
  if (error instanceof IpmiError && error.completion === notInThisState && isThere(action)) {
    const now = (await session.send(getChassisStatus)).on;
    if (now === (action === 'on')) return done(instead, 'state');
  }
  return { outcome, by, instead, reason: error === null ? null : obmError(error) };
};

const isThere = (action: PowerAction): boolean =>
  action === 'on' || action === 'off' || action === 'soft';
