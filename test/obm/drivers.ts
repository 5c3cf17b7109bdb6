/** A driver as the daemon opens it, without the daemon. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { createIpmi } from '../../src/ipmi/index.ts';
import type { Driver, KeptSession, Surroundings } from '../../src/obm/drivers/driver.ts';
import { checked, InfoError, openDriver } from '../../src/obm/drivers/kinds.ts';
import { ObmError } from '../../src/obm/errors.ts';
import type { ObmReason } from '../../src/obm/errors.ts';
import { systemRandom, systemTime } from '../../src/obm/time.ts';
import type { Time } from '../../src/obm/time.ts';

/** Pauses are short, time limits as they are. */
export const hurried: Time = {
  ...systemTime,
  after: (ms, call) => systemTime.after(ms <= 3_000 ? ms / 100 : ms, call),
};

export const surroundingsFor = (t: Test, time: Time = hurried): Surroundings => {
  const folder = mkdtempSync(join(tmpdir(), 'halcyon-driver-'));
  const privateDirectory = join(folder, 'run');
  mkdirSync(privateDirectory, { mode: 0o700 });
  const ipmi = createIpmi();
  t.teardown(async () => {
    await ipmi.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { time, random: systemRandom, ipmi, privateDirectory, session: noSession };
};

/** As where nothing can be kept. */
export const noSession: KeptSession = { get: () => null, keep: () => undefined };

/** Closed when the test ends. */
export const driverFor = (
  t: Test,
  kind: string,
  info: object,
  surroundings = surroundingsFor(t),
): Driver => {
  const { driver } = openDriver(checked(kind, info), surroundings);
  t.teardown(() => driver.close());
  return driver;
};

export const never = new AbortController().signal;

/** Why something was refused; null where it was not. Throws what is no error of an OBM. */
export const reasonOf = (promise: Promise<unknown>): Promise<ObmReason | null> =>
  promise.then(
    () => null,
    (error: unknown) => {
      if (!(error instanceof ObmError)) throw error;
      return error.reason;
    },
  );

/** The field of a registration that is found wrong; null where it is right. */
export const wrongField = (kind: string, info: object): string | null => {
  try {
    checked(kind, info);
    return null;
  } catch (error) {
    if (error instanceof InfoError) return error.field;
    throw error;
  }
};
