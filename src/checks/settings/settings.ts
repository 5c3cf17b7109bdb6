/** What a site says of checks: which run, how often, and when they are believed. */

import { resolve } from 'node:path';
import type { CheckDescription } from '../check.ts';
import { checksOf } from '../catalogue/built-in.ts';
import { Catalogue } from '../catalogue/index.ts';
import { usualDamping } from '../verdicts.ts';
import type { Damping } from '../verdicts.ts';
import type { CheckFile } from './schema.ts';

export interface CheckSettings {
  /** Ids of the checks that run by themselves. */
  readonly enabled: readonly string[];
  readonly damping: Damping;
  readonly parallel: {
    /** Machines that are knocked at together. */
    readonly tcp: number;
    /** Machines that are logged in to together. */
    readonly ssh: number;
  };
  readonly tcpPort: number;
  /** Absolute path of the file that says how machines are reached by ssh; null: they are not. */
  readonly sshFile: string | null;
  /** What was written, from which the same catalogue comes wherever it is needed. */
  readonly file: CheckFile;
}

/** What the station knows anyway. Without a file nothing else is checked: no packet is sent. */
export const enabledAnyway: readonly string[] = ['agent', 'ipmi', 'power'];

export const catalogueOf = (file: CheckFile): Catalogue => {
  const periods = new Map(Object.entries(file.periods ?? {}));
  const timeouts = new Map(Object.entries(file.timeouts ?? {}));
  return new Catalogue(
    checksOf(file).map((check): CheckDescription => ({
      ...check,
      periodSeconds: periods.get(check.id) ?? check.periodSeconds,
      timeoutSeconds: timeouts.get(check.id) ?? check.timeoutSeconds,
    })),
  );
};

/** @param folder that paths in the file are from */
export const settingsOf = (file: CheckFile, folder = '/'): CheckSettings => ({
  enabled: [...new Set([...enabledAnyway, ...(file.checks ?? [])])],
  damping: {
    needed: file.verdicts?.needed ?? usualDamping.needed,
    of: file.verdicts?.of ?? Math.max(usualDamping.of, file.verdicts?.needed ?? 1),
    flapsAt: file.verdicts?.flaps_at ?? usualDamping.flapsAt,
  },
  parallel: { tcp: file.parallel?.tcp ?? 256, ssh: file.parallel?.ssh ?? 64 },
  tcpPort: file.tcp?.port ?? 22,
  sshFile: file.ssh === undefined ? null : resolve(folder, file.ssh),
  file,
});

export const usualSettings: CheckSettings = settingsOf({});
