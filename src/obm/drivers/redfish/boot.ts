/** Boot devices by Redfish: the three fields that belong together are sent together, and read back. */

import { ObmError } from '../../errors.ts';
import type { BootDevice, BootRequest, BootSetting } from '../driver.ts';
import { bootDevices } from '../driver.ts';
import { refusal } from './errors.ts';
import { objectAt, textAt, textsAt } from './resource.ts';
import type { Json, Resource } from './resource.ts';
import type { Session } from './session.ts';
import type { Systems } from './system.ts';
import type { Answer } from './transport.ts';

const targets = {
  none: 'None',
  pxe: 'Pxe',
  disk: 'Hdd',
  cdrom: 'Cd',
  bios: 'BiosSetup',
} as const satisfies Readonly<Record<BootDevice, string>>;

const bootOf = ({ json }: Resource): Json => {
  const boot = objectAt(json, 'Boot');
  if (boot) return boot;
  throw new ObmError('unsupported', 'the service knows no boot devices');
};

export const settingOf = (system: Resource): BootSetting => {
  const boot = bootOf(system);
  const enabled = textAt(boot, 'BootSourceOverrideEnabled');
  const target = textAt(boot, 'BootSourceOverrideTarget');
  const mode = textAt(boot, 'BootSourceOverrideMode');
  const isOff = enabled === 'Disabled';
  return {
    // What has no name here is not taken for something else.
    device: isOff ? 'none' : (bootDevices.find((device) => targets[device] === target) ?? null),
    persistent: isOff || enabled === 'Continuous' ? true : enabled === 'Once' ? false : null,
    efi: mode === null ? null : mode === 'UEFI',
    note: null,
  };
};

export const setBoot = async (
  session: Session,
  systems: Systems,
  request: BootRequest,
  signal: AbortSignal,
): Promise<BootSetting> => {
  let system = await systems.readAnew(signal);
  const wanted = wantedOf(bootOf(system), request);
  let answer = await send(session, system, wanted, signal);
  if (answer.status === 412) {
    // Somebody else has changed it since it was read.
    system = await systems.read(signal);
    answer = await send(session, system, wantedOf(bootOf(system), request), signal);
  }
  if (answer.status < 200 || answer.status > 299) throw refusal(answer, 'the boot device');
  const stands = settingOf(await systems.read(signal));
  const isKept =
    stands.device === request.device &&
    (request.device === 'none' || stands.persistent === request.persistent) &&
    (request.efi === null || stands.efi === request.efi);
  return isKept ? stands : { ...stands, note: 'the service keeps another setting than was sent' };
};

/** Fields that are left out fall back to anything; so all that the service has are sent. */
const wantedOf = (boot: Json, { device, persistent, efi }: BootRequest): object => {
  const enabled = device === 'none' ? 'Disabled' : persistent ? 'Continuous' : 'Once';
  const target = targets[device];
  mustOffer(boot, 'BootSourceOverrideTarget', target);
  mustOffer(boot, 'BootSourceOverrideEnabled', enabled);
  const asked = efi === null ? null : efi ? 'UEFI' : 'Legacy';
  const mode = asked ?? textAt(boot, 'BootSourceOverrideMode');
  return {
    BootSourceOverrideTarget: target,
    BootSourceOverrideEnabled: enabled,
    ...(mode === null ? {} : { BootSourceOverrideMode: mode }),
  };
};

const mustOffer = (boot: Json, field: string, value: string): void => {
  const offered = textsAt(boot, `${field}@Redfish.AllowableValues`);
  if (offered === null || offered.includes(value)) return;
  throw new ObmError('unsupported', `the service does not offer ${value} as ${field}`);
};

/** A change without the tag of what is changed is refused by some, and one with a wrong tag by all. */
const send = async (
  session: Session,
  { path, etag }: Resource,
  boot: object,
  signal: AbortSignal,
): Promise<Answer> => {
  const answer = await session.patch(path, { Boot: boot }, etag, signal);
  return answer.status === 428 && etag === null
    ? session.patch(path, { Boot: boot }, '*', signal)
    : answer;
};
