/** What programs import as `halcyon/ipmi`. */

export { createIpmi } from './client.ts';
export type { Ipmi, IpmiOptions, Place, Presence } from './client.ts';
export { keepBmc } from './bmc.ts';
export type { Bmc, KeepOptions } from './bmc.ts';
export type { Session } from './session/session.ts';
export { workArounds } from './session/settings.ts';
export type { Privilege, SessionOptions, WorkAround } from './session/settings.ts';
export { suiteById, usualSuites } from './crypto/suites.ts';
export type { SuiteName } from './crypto/suites.ts';
export { IpmiError } from './errors.ts';
export type { IpmiErrorDetails, Reason } from './errors.ts';
export type { Cancel, Patience, Random, Time } from './time.ts';
export type { OpenSocket, Peer, Receive, UdpSocket } from './udp.ts';

export type { Command } from './commands/command.ts';
export { getDeviceGuid, getDeviceId, getSystemGuid } from './commands/device.ts';
export type { DeviceId } from './commands/device.ts';
export type { AuthenticationCapabilities } from './commands/session.ts';
export { chassisIdentify, getChassisStatus } from './commands/chassis.ts';
export type { ChassisStatus, Identify } from './commands/chassis.ts';
export { chassisControl, controlPower } from './commands/chassis-control.ts';
export type { PowerAction, PowerOptions, PowerOutcome } from './commands/chassis-control.ts';
export {
  getSystemBootOptions,
  readBootFlags,
  setBootFlags,
  setSystemBootOptions,
} from './commands/boot-options.ts';
export type {
  BootDevice,
  BootFlags,
  BootParameter,
  BootSet,
  StoredBootFlags,
} from './commands/boot-options.ts';
export { clearSel, decodeSelRecord, getSelInfo, selEntries } from './commands/sel.ts';
export type { BmcTime, SelEntry, SelInfo } from './commands/sel.ts';
export { decodeFru, readFru } from './commands/fru.ts';
export type { FruInventory } from './commands/fru.ts';
export { getSensorReading, readSensors, sensorRecords } from './commands/sdr.ts';
export type { SensorReading, SensorState } from './commands/sdr.ts';
export { valueOf } from './commands/sensor-record.ts';
export type { SensorRecord } from './commands/sensor-record.ts';
export { getLanParameter, readLanParameters } from './commands/lan-parameters.ts';
export type { LanParameterRequest, LanParameters } from './commands/lan-parameters.ts';
export { raw } from './commands/raw.ts';
export type { RawCommand } from './commands/raw.ts';
export { openConsole, releaseConsole } from './sol/console.ts';
export type { ConsoleOptions, SerialConsole } from './sol/console.ts';
