/** The state of a machine's chassis. */

import { netFns, nothing } from './command.ts';
import type { Command } from './command.ts';

export interface ChassisStatus {
  /** Whether the machine is on. */
  readonly on: boolean;
  readonly overload: boolean;
  readonly interlock: boolean;
  readonly fault: boolean;
  readonly controlFault: boolean;
  /** What happens when mains power comes back. */
  readonly restorePolicy: 'off' | 'previous' | 'on' | 'unknown';
  /** What caused the last change of power; several may hold. */
  readonly lastPowerEvent: {
    readonly mainsFailed: boolean;
    readonly overload: boolean;
    readonly interlock: boolean;
    readonly fault: boolean;
    /** It was turned on by a command. */
    readonly command: boolean;
  };
  readonly intrusion: boolean;
  readonly frontPanelLocked: boolean;
  readonly driveFault: boolean;
  readonly coolingFault: boolean;
  /** Whether it identifies itself; null where the BMC does not say. */
  readonly identify: 'off' | 'timed' | 'on' | 'reserved' | null;
}

const bit = (byte: number, number: number): boolean => ((byte >> number) & 1) === 1;

/** IPMI 2.0 §28.2. */
export const getChassisStatus: Command<void, ChassisStatus> = {
  name: 'Get Chassis Status',
  netFn: netFns.chassis,
  code: 0x01,
  repeatable: true,
  encode: nothing,
  decode(data) {
    const [power, event, misc] = [data.u8(), data.u8(), data.u8()];
    return {
      on: bit(power, 0),
      overload: bit(power, 1),
      interlock: bit(power, 2),
      fault: bit(power, 3),
      controlFault: bit(power, 4),
      restorePolicy: (['off', 'previous', 'on', 'unknown'] as const)[(power >> 5) & 3]!,
      lastPowerEvent: {
        mainsFailed: bit(event, 0),
        overload: bit(event, 1),
        interlock: bit(event, 2),
        fault: bit(event, 3),
        command: bit(event, 4),
      },
      intrusion: bit(misc, 0),
      frontPanelLocked: bit(misc, 1),
      driveFault: bit(misc, 2),
      coolingFault: bit(misc, 3),
      identify: bit(misc, 6)
        ? (['off', 'timed', 'on', 'reserved'] as const)[(misc >> 4) & 3]!
        : null,
    };
  },
};

/** Lights up for so many seconds (1 to 255), until told otherwise, or not any more. */
export type Identify = number | 'on' | 'off';

/** IPMI 2.0 §28.5. */
export const chassisIdentify: Command<Identify, void> = {
  name: 'Chassis Identify',
  netFn: netFns.chassis,
  code: 0x04,
  repeatable: true,
  encode(identify) {
    if (identify === 'on') return Buffer.of(0, 1);
    return Buffer.of(identify === 'off' ? 0 : Math.min(255, Math.max(1, identify)));
  },
  decode: () => undefined,
};
