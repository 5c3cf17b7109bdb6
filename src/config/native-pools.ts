/** The pools and profiles of a native facts document. */

import type { DeclaredPool } from '../core/values/facts.ts';
import type { NativeFactsDocument } from './facts-schema.ts';
import { deviceMessage, duplicates } from './facts.ts';
import type { DeviceIndex, Placed } from './facts.ts';
import { didYouMean } from './problem.ts';
import type { Problem } from './problem.ts';
import { parseSize } from './sizes.ts';
import type { YamlFile } from './yaml.ts';

/** The pools, their devices by WWN, and the names that do not mean one device each. */
export const readNativePools = (
  yaml: YamlFile,
  facts: NativeFactsDocument,
  index: DeviceIndex,
): { readonly pools: readonly DeclaredPool[]; readonly problems: readonly Problem[] } => {
  const problems: Problem[] = [];
  const pools = (facts.pools ?? []).map((pool, i): DeclaredPool => {
    const devices = pool.devices.flatMap((name, d): readonly Placed<string>[] => {
      const path = ['pools', i, 'devices', d];
      const found = index.named(name);
      const message =
        name === '' ? null : deviceMessage(found, `WWN, serial or path ${JSON.stringify(name)}`);
      if (found.length === 1) return [{ value: found[0]!.wwn, path }];
      if (message !== null) problems.push(yaml.problem(path, message));
      return [];
    });
    problems.push(...duplicates(yaml, 'Device', devices));
    return {
      name: pool.name,
      data_units: pool.data_units,
      parity_units: pool.parity_units,
      unit_size: parseSize(pool.unit_size) ?? 0,
      devices: devices.map(({ value }) => value),
    };
  });
  return { pools, problems };
};

/** Profiles' pools that are not there. */
export const unknownNativePools = (
  yaml: YamlFile,
  facts: NativeFactsDocument,
): readonly Problem[] => {
  const known = new Set((facts.pools ?? []).map(({ name }) => name));
  return (facts.profiles ?? []).flatMap(({ pools }, i) =>
    pools.flatMap((pool, p) =>
      known.has(pool) || pool === ''
        ? []
        : [
            yaml.problem(
              ['profiles', i, 'pools', p],
              `There is no pool "${pool}".${didYouMean(pool, known)}`,
            ),
          ],
    ),
  );
};
