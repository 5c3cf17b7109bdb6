/** The pools and profiles of a Halon facts document. */

import type { DeclaredPool } from '../core/values/facts.ts';
import { deviceMessage, duplicates } from './facts.ts';
import type { DeviceIndex, DeviceReference, Placed } from './facts.ts';
import type { HalonFactsDocument } from './halon-facts-schema.ts';
import { didYouMean } from './problem.ts';
import type { Path, Problem } from './problem.ts';
import type { YamlFile } from './yaml.ts';

type Pool = HalonFactsDocument['id_pools'][number];

const referenceOf = (ref: Pool['pool_device_refs'][number]): DeviceReference => ({
  ...(ref.dr_wwn ? { wwn: ref.dr_wwn } : {}),
  ...(ref.dr_serial ? { serial: ref.dr_serial } : {}),
  ...(ref.dr_path ? { path: ref.dr_path } : {}),
});

const describeReference = (reference: DeviceReference): string =>
  Object.entries(reference)
    .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
    .join(' and ');

/** WWNs of the devices of a pool, and the references that do not mean one device each. */
const poolDevices = (
  yaml: YamlFile,
  pool: Pool,
  path: Path,
  index: DeviceIndex,
): { readonly wwns: readonly string[]; readonly problems: readonly Problem[] } => {
  const problems: Problem[] = [];
  const found = pool.pool_device_refs.flatMap((ref, d): readonly Placed<string>[] => {
    const at = [...path, 'pool_device_refs', d];
    const reference = referenceOf(ref);
    if (Object.keys(reference).length === 0) {
      const expected = 'dr_wwn, dr_serial or dr_path';
      problems.push(yaml.problem(at, 'The reference names no device.', expected));
      return [];
    }
    const matching = index.matching(reference);
    const message = deviceMessage(matching, describeReference(reference));
    if (message === null) return [{ value: matching[0]!.wwn, path: at }];
    problems.push(yaml.problem(at, message));
    return [];
  });
  return {
    wwns: found.map(({ value }) => value),
    problems: [...problems, ...duplicates(yaml, 'Device', found)],
  };
};

const positive = (value: unknown, otherwise: number): number =>
  typeof value === 'number' && value >= 0 ? value : otherwise;

/** What Mero takes where a pool says nothing. */
const defaultUnits = { data: 1, parity: 0, size: 4096 } as const;

/** The pools, their devices by WWN, and the references that do not mean one device each. */
export const readHalonPools = (
  yaml: YamlFile,
  facts: HalonFactsDocument,
  index: DeviceIndex,
): { readonly pools: readonly DeclaredPool[]; readonly problems: readonly Problem[] } => {
  const { m0_data_units, m0_parity_units } = facts.id_m0_globals;
  const read = facts.id_pools.map((pool, i) => {
    const { wwns, problems } = poolDevices(yaml, pool, ['id_pools', i], index);
    const attributes = pool.pool_pdclust_attrs;
    const declared: DeclaredPool = {
      name: pool.pool_id,
      data_units: attributes?.data_units ?? positive(m0_data_units, defaultUnits.data),
      parity_units: attributes?.parity_units ?? positive(m0_parity_units, defaultUnits.parity),
      unit_size: attributes?.unit_size ?? defaultUnits.size,
      devices: wwns,
    };
    return { declared, problems };
  });
  return {
    pools: read.map(({ declared }) => declared),
    problems: read.flatMap(({ problems }) => problems),
  };
};

/** Profiles' pools that are not there. */
export const unknownHalonPools = (
  yaml: YamlFile,
  facts: HalonFactsDocument,
): readonly Problem[] => {
  const known = new Set(facts.id_pools.map(({ pool_id }) => pool_id));
  return facts.id_profiles.flatMap(({ prof_pools }, i) =>
    prof_pools.flatMap((pool, p) =>
      known.has(pool) || pool === ''
        ? []
        : [
            yaml.problem(
              ['id_profiles', i, 'prof_pools', p],
              `There is no pool "${pool}".${didYouMean(pool, known)}`,
            ),
          ],
    ),
  );
};
