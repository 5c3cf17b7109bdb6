/** The lamp of a machine, by which it is found among others. */

import { ObmError } from '../../errors.ts';
import { chassisOf } from './chassis.ts';
import { refusal } from './errors.ts';
import type { Resource } from './resource.ts';
import type { Session } from './session.ts';

/** The property of today, and the one that older services have. */
const today = 'LocationIndicatorActive';
const older = 'IndicatorLED';

const hasLamp = ({ json }: Resource): boolean =>
  typeof json[today] === 'boolean' || typeof json[older] === 'string';

/** The lamp of the system, or of what it stands in. @throws {ObmError} `unsupported`: neither has one */
export const setLamp = async (
  session: Session,
  system: Resource,
  isOn: boolean,
  signal: AbortSignal,
): Promise<void> => {
  const place = await lampOf(session, system, signal);
  const body =
    typeof place.json[today] === 'boolean'
      ? { [today]: isOn }
      : { [older]: isOn ? 'Blinking' : 'Off' };
  let answer = await session.patch(place.path, body, place.etag, signal);
  if (answer.status === 428) answer = await session.patch(place.path, body, '*', signal);
  if (answer.status < 200 || answer.status > 299) throw refusal(answer, 'the lamp');
};

const lampOf = async (
  session: Session,
  system: Resource,
  signal: AbortSignal,
): Promise<Resource> => {
  if (hasLamp(system)) return system;
  for (const path of chassisOf(system)) {
    const chassis = await session.get(path, signal);
    if (hasLamp(chassis)) return chassis;
  }
  throw new ObmError('unsupported', 'the service tells of no lamp');
};
