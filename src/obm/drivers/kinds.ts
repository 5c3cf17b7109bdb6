/** The kinds of OBMs that there are. To add one is to add its folder and a line here. */

import { Compile } from 'typebox/compile';
import { ObmError } from '../errors.ts';
import { misfitOf } from '../schema.ts';
import type { Check } from '../schema.ts';
import type { Driver, DriverKind, Surroundings } from './driver.ts';
import { dummy } from './dummy/dummy.ts';
import { ipmi } from './ipmi/ipmi.ts';
import { ipmitool } from './ipmitool/ipmitool.ts';
import { redfish } from './redfish/redfish.ts';
import { ssh } from './ssh/ssh.ts';

const kinds = [ipmi, redfish, ipmitool, ssh, dummy] as readonly DriverKind[];

export const driverNames: readonly string[] = kinds.map(({ name }) => name);

/** What is wrong with a registration, at a field of `info` or at `type` itself. */
export class InfoError extends ObmError {
  readonly field: string;
  constructor(field: string, message: string) {
    super('settings', message);
    this.field = field;
  }
}

/** What an OBM was registered with, found to be right. */
export interface Checked {
  readonly driver: string;
  /** What may be seen by everybody who may see the OBM. */
  readonly open: Readonly<Record<string, unknown>>;
  readonly secret: Readonly<Record<string, string>>;
}

const checks = new Map(kinds.map((kind) => [kind.name, { kind, check: Compile(kind.schema) }]));

const kindOf = (name: string): { kind: DriverKind; check: Check } => {
  const found = checks.get(name);
  if (found) return found;
  const known = driverNames.join(', ');
  throw new InfoError('type', `there is no kind of OBM of this name; known are ${known}`);
};

/** @throws {InfoError} that names the field */
export const checked = (driver: string, info: unknown): Checked => {
  const { kind, check } = kindOf(driver);
  const misfit = misfitOf(check, info);
  if (misfit) {
    const field = ['info', ...misfit.path].join('.');
    throw new InfoError(field, `${field} ${misfit.what}`);
  }
  const problem = kind.problem(info as never);
  if (problem)
    throw new InfoError(`info.${problem.field}`, `info.${problem.field} ${problem.message}`);
  const secrets = new Set<string>(kind.secrets);
  const entries = Object.entries(info as Record<string, unknown>);
  return {
    driver,
    open: Object.fromEntries(entries.filter(([name]) => !secrets.has(name))),
    secret: Object.fromEntries(entries.filter(([name]) => secrets.has(name))) as Checked['secret'],
  };
};

/** @throws {InfoError} there is no such kind any more */
export const openDriver = (
  { driver, open, secret }: Checked,
  surroundings: Surroundings,
): { driver: Driver; address: string | null } => {
  const { kind } = kindOf(driver);
  const info = { ...open, ...secret } as never;
  return { driver: kind.open(info, surroundings), address: kind.address(info) };
};
