/**
 * What a driver is: how OBMs of one kind are spoken to. It knows one machine at a time, keeps no order and no
 * limits, and never does anything again by itself that must not be done twice: those are its coordinator's.
 */

import type { TObject } from 'typebox';
import type { Ipmi } from '../../ipmi/index.ts';
import type { Random, Time } from '../time.ts';

/** Power as an OBM tells it. What it does not tell, or cannot be asked, is `unknown` and never `off`. */
export type PowerState = 'on' | 'off' | 'powering-on' | 'powering-off' | 'paused' | 'unknown';

/**
 * - `on`, `off`: at once, and nothing where the machine is so already
 * - `soft`: asks the operating system to shut down; it may ignore that
 * - `cycle`: off and on again; `reset`: start again without losing power
 * - `diagnostic-interrupt`: makes the operating system dump its memory
 */
export const powerActions = [
  'on',
  'off',
  'soft',
  'cycle',
  'reset',
  'diagnostic-interrupt',
] as const;
export type PowerAction = (typeof powerActions)[number];

export interface PowerObservation {
  readonly state: PowerState;
  /** What the OBM says on top: what caused the last change, why it is unknown; in words. */
  readonly detail: string | null;
}

/** How an order ended. */
export interface PowerOutcome {
  /**
   * - `done`: the OBM has taken the order, or the machine is seen to have followed it
   * - `not-done`: certainly not carried out
   * - `unknown`: it may have been or not, and nothing shows which
   */
  readonly outcome: 'done' | 'not-done' | 'unknown';
  /** Whence this is known. */
  readonly by: 'answer' | 'state' | 'nothing';
  /** What was sent where that is not what was asked for; null else. */
  readonly instead: PowerAction | null;
  /** Why, where it is not done or unknown. */
  readonly reason: Error | null;
}

export const bootDevices = ['none', 'pxe', 'disk', 'cdrom', 'bios'] as const;
export type BootDevice = (typeof bootDevices)[number];

export interface BootRequest {
  /** `none`: what the machine itself would start from. */
  readonly device: BootDevice;
  /** For every start, or for the next only. */
  readonly persistent: boolean;
  /** null: as the OBM has it. */
  readonly efi: boolean | null;
}

/** What really stands, read back after it was set. */
export interface BootSetting {
  readonly device: BootDevice | null;
  readonly persistent: boolean | null;
  readonly efi: boolean | null;
  /** What is to be known: that it may be forgotten after a minute, say; in words. */
  readonly note: string | null;
}

/** Who answers at an address. What an OBM does not tell is null. */
export interface Identity {
  /** 32 hexadecimal digits; the same under every address of one OBM. */
  readonly guid: string | null;
  /** Of the machine. */
  readonly serial: string | null;
  readonly manufacturer: string | null;
  readonly product: string | null;
  /** Of the OBM. */
  readonly firmware: string | null;
}

export interface Sensor {
  readonly name: string;
  /** null where it cannot be read now; `note` says why. */
  readonly value: number | null;
  /** For example `°C`, `RPM`, `V`, `W`; empty for one that has only states. */
  readonly unit: string;
  readonly status: 'ok' | 'warning' | 'critical' | 'unknown';
  readonly note: string | null;
}

export interface Sensors {
  readonly sensors: readonly Sensor[];
  /** What could not be read, by name and with why; the rest is there all the same. */
  readonly missing: readonly string[];
}

export interface SystemEvent {
  /** Opaque; the same entry has the same one. */
  readonly id: string;
  /** ms since the epoch, by the clock of the OBM, which may be far off; null where it has none. */
  readonly at: number | null;
  readonly severity: 'ok' | 'warning' | 'critical' | 'unknown';
  /** One line, without control characters. */
  readonly text: string;
}

/** What is known of the parts; names are the OBM's own. */
export type Inventory = Readonly<Record<string, string>>;

/** Where a serial console is to be delivered. */
export interface ConsoleSink {
  /** What the machine writes, as it comes. */
  data(bytes: Buffer): void;
  /** Something was lost at this place. */
  gap(): void;
}

export interface ConsoleLink {
  /** Resolves when it has been taken from us. */
  write(bytes: Uint8Array): Promise<void>;
  sendBreak(): Promise<void>;
  /** Resolves with why, when it is over. Never rejects. */
  readonly ended: Promise<Error>;
  /** Gives the console back. Never rejects. */
  close(): Promise<void>;
}

/**
 * One OBM. Methods that are not there cannot be had of its kind. Each rejects with `ObmError`. A signal ends waiting;
 * it cannot take back what was sent.
 */
export interface Driver {
  observePower(signal: AbortSignal): Promise<PowerObservation>;
  /** Sends at most one order, or what one order needs; resolves also where it was not done. */
  power(action: PowerAction, signal: AbortSignal): Promise<PowerOutcome>;
  /** Proves the credentials, and says who answers. */
  identify(signal: AbortSignal): Promise<Identity>;
  setBootDevice?(request: BootRequest, signal: AbortSignal): Promise<BootSetting>;
  bootDevice?(signal: AbortSignal): Promise<BootSetting>;
  /** Lights the lamp for so many seconds, or until told. */
  light?(seconds: number | 'on' | 'off', signal: AbortSignal): Promise<void>;
  sensors?(signal: AbortSignal): Promise<Sensors>;
  systemEvents?(signal: AbortSignal): Promise<readonly SystemEvent[]>;
  clearSystemEvents?(signal: AbortSignal): Promise<void>;
  inventory?(signal: AbortSignal): Promise<Inventory>;
  openConsole?(sink: ConsoleSink, signal: AbortSignal): Promise<ConsoleLink>;
  /**
   * Takes the console from whoever has it, us before a crash too. Asked for once, never in a loop.
   */
  releaseConsole?(signal: AbortSignal): Promise<void>;
  /** Gives sessions and sockets back; what is under way fails with `closed`. Never rejects. */
  close(): Promise<void>;
}

/** What shows an OBM that whoever comes next has the session of the one before. */
export type LentSession = Readonly<Record<'token' | 'path', string>>;

/** Where a driver keeps the one session that it has, for the next run. */
export interface KeptSession {
  readonly get: () => LentSession | null;
  /** Never throws. */
  readonly keep: (session: LentSession | null) => void;
}

/** What drivers share and are handed. */
export interface Surroundings {
  readonly time: Time;
  readonly random: Random;
  readonly ipmi: Ipmi;
  /** A directory that only we can read, for files that a program is to be given. */
  readonly privateDirectory: string;
  /** Of this OBM. */
  readonly session: KeptSession;
}

/** A kind of OBM. `Info` is what one is registered with, secrets included. */
export interface DriverKind<Info extends object = never> {
  /** As registrations name it. */
  readonly name: string;
  /** Closed, every field with a description; it is what a registration is checked by. */
  readonly schema: TObject;
  /** Fields that no event, log line or answer may hold. */
  readonly secrets: readonly (keyof Info & string)[];
  /**
   * What the schema cannot say: what is wrong with a field, in words that say what to do, or null.
   */
  readonly problem: (info: Info) => { readonly field: string; readonly message: string } | null;
  /** The address whose OBM this is, for limits of networks; null for one that is on no network. */
  readonly address: (info: Info) => string | null;
  /** Sends nothing. */
  readonly open: (info: Info, surroundings: Surroundings) => Driver;
}
