/** A native facts document, checked and taken apart. */

import type {
  DeclaredDevice,
  DeclaredEnclosure,
  DeclaredHost,
  DeclaredObm,
} from '../core/values/facts.ts';
import { varProblems } from '../core/values/vars.ts';
import { NativeFacts } from './facts-schema.ts';
import type { NativeFactsDocument, NativeHost, NativeObm } from './facts-schema.ts';
import { DeviceIndex, duplicates, problemOf, serialWarnings } from './facts.ts';
import type { Credentials, FactsRead, Placed, RoleUse } from './facts.ts';
import { readNativePools, unknownNativePools } from './native-pools.ts';
import { didYouMean } from './problem.ts';
import type { Path, Problem } from './problem.ts';
import { recoveryProblems, recoverySteps } from './recovery.ts';
import { checkSchema, fitSchema } from './schema-check.ts';
import { parseSize } from './sizes.ts';
import type { YamlFile } from './yaml.ts';

const defaultBlockSize = 4096;

const placesOf = (facts: NativeFactsDocument): readonly Placed<DeclaredEnclosure>[] =>
  (facts.places ?? []).flatMap(({ site, racks }, s) =>
    racks.flatMap(({ rack, enclosures }, r) =>
      enclosures.map((name, e) => ({
        value: { name, site, rack },
        path: ['places', s, 'racks', r, 'enclosures', e],
      })),
    ),
  );

const deviceOf = (device: NonNullable<NativeHost['devices']>[number]): DeclaredDevice => ({
  wwn: device.wwn,
  serial: device.serial,
  path: device.path,
  slot: device.slot ?? 0,
  block_size: parseSize(device.block_size ?? defaultBlockSize) ?? 0,
  size: parseSize(device.size) ?? 0,
});

const rolesOf = (host: NativeHost, index: number): readonly RoleUse[] =>
  host.roles.map((role, i) => {
    const path = ['hosts', index, 'roles', i];
    const plain = typeof role === 'string';
    return {
      name: plain ? role : role.name,
      overrides: plain ? {} : (role.overrides ?? {}),
      host: index,
      index: i,
      namePath: plain ? path : [...path, 'name'],
      overridesPath: [...path, 'overrides'],
    };
  });

/** The password of an OBM, or what is wrong with how it is given. */
const passwordOf = (
  obm: NativeObm,
  passwords: Readonly<Record<string, string>>,
): { readonly password: string | null } | { readonly key: string; readonly message: string } => {
  const { user, password, password_file: file } = obm;
  if (password !== undefined && file !== undefined) {
    return { key: 'password_file', message: 'Give "password" or "password_file", not both.' };
  }
  if (file !== undefined) {
    const content = Object.hasOwn(passwords, file) ? passwords[file] : undefined;
    return content === undefined
      ? { key: 'password_file', message: 'The password file was not read.' }
      : { password: content.split(/\r?\n/, 1)[0] ?? '' };
  }
  if (password === undefined && user !== undefined) {
    return { key: 'user', message: 'A user needs "password" or "password_file".' };
  }
  return { password: password ?? null };
};

/** Collects what the hosts declare. */
const readHosts = (
  yaml: YamlFile,
  facts: NativeFactsDocument,
  enclosures: ReadonlySet<string>,
  passwords: Readonly<Record<string, string>>,
): {
  readonly hosts: readonly DeclaredHost[];
  readonly secrets: ReadonlyMap<string, Credentials>;
  readonly problems: readonly Problem[];
} => {
  const secrets = new Map<string, Credentials>();
  const problems: Problem[] = [];

  const obmOf = (obm: NativeObm | undefined, fqdn: string, path: Path): DeclaredObm | null => {
    if (!obm) return null;
    const found = passwordOf(obm, passwords);
    if ('message' in found) {
      problems.push(yaml.problem([...path, found.key], found.message));
      return null;
    }
    const { type, address, user = '' } = obm;
    if (found.password === null) return { type, address, secret: null };
    const secret = `obm/${fqdn}`;
    secrets.set(secret, { user, password: found.password });
    return { type, address, secret };
  };

  const hosts = facts.hosts.map((host, i): DeclaredHost => {
    const { enclosure = null } = host;
    if (enclosure !== null && enclosure !== '' && !enclosures.has(enclosure)) {
      const message = `No enclosure "${enclosure}" is in "places".${didYouMean(enclosure, enclosures)}`;
      problems.push(yaml.problem(['hosts', i, 'enclosure'], message));
    }
    const fqdn = host.fqdn.toLowerCase();
    return {
      fqdn,
      roles: rolesOf(host, i).map(({ name, overrides }) => ({ name, overrides })),
      enclosure,
      project: host.project ?? null,
      variables: host.variables ?? {},
      obm: obmOf(host.obm, fqdn, ['hosts', i, 'obm']),
      devices: (host.devices ?? []).map(deviceOf),
      recovery: host.recovery ? recoverySteps(host.recovery) : null,
    };
  });
  return { hosts, secrets, problems };
};

const repeated = (
  yaml: YamlFile,
  facts: NativeFactsDocument,
  enclosures: readonly Placed<DeclaredEnclosure>[],
): readonly Problem[] => {
  const sites = (facts.places ?? []).map(({ site }, s) => ({
    value: site,
    path: ['places', s, 'site'],
  }));
  const racks = (facts.places ?? []).flatMap((site, s) =>
    duplicates(
      yaml,
      'Rack',
      site.racks.map(({ rack }, r) => ({ value: rack, path: ['places', s, 'racks', r, 'rack'] })),
    ),
  );
  const named = (key: 'pools' | 'profiles'): readonly Placed<string>[] =>
    (facts[key] ?? []).map(({ name }, i) => ({ value: name, path: [key, i, 'name'] }));
  const wwns = facts.hosts.flatMap(({ devices = [] }, i) =>
    devices.map(({ wwn }, d) => ({ value: wwn, path: ['hosts', i, 'devices', d, 'wwn'] })),
  );
  return [
    ...duplicates(yaml, 'Site', sites),
    ...racks,
    ...duplicates(
      yaml,
      'Enclosure',
      enclosures.map(({ value, path }) => ({ value: value.name, path })),
    ),
    ...duplicates(
      yaml,
      'Host',
      facts.hosts.map(({ fqdn }, i) => ({ value: fqdn.toLowerCase(), path: ['hosts', i, 'fqdn'] })),
    ),
    ...duplicates(yaml, 'WWN', wwns),
    ...duplicates(yaml, 'Pool', named('pools')),
    ...duplicates(yaml, 'Profile', named('profiles')),
  ];
};

/** Every list of steps of a document, right or wrong, and where it stands. */
const recoveriesIn = (value: unknown): readonly (readonly [Path, unknown])[] => {
  const { hosts, recovery } = (value ?? {}) as { hosts?: unknown; recovery?: unknown };
  const own = (Array.isArray(hosts) ? hosts : []).map(
    (host: unknown, i) =>
      [['hosts', i, 'recovery'], (host as { recovery?: unknown } | null)?.recovery] as const,
  );
  return [[['recovery'], recovery], ...own];
};

/** The password files that a facts file names, so that whoever may read them can. */
export const nativePasswordFiles = (value: unknown): readonly string[] => {
  const hosts = (value as { readonly hosts?: unknown } | null)?.hosts;
  if (!Array.isArray(hosts)) return [];
  const files = hosts.flatMap((host: unknown) => {
    const file = (host as { readonly obm?: { readonly password_file?: unknown } } | null)?.obm
      ?.password_file;
    return typeof file === 'string' ? [file] : [];
  });
  return [...new Set(files)];
};

/**
 * Checks a native facts document and takes it apart.
 *
 * @param passwords contents of password files by name
 * @returns what can be read of it even where there are problems, so that all of them can be found
 */
export const readNativeFacts = (
  yaml: YamlFile,
  passwords: Readonly<Record<string, string>>,
): FactsRead => {
  const findings = checkSchema(NativeFacts, yaml.value);
  const facts = fitSchema(NativeFacts, yaml.value) as NativeFactsDocument;
  const enclosures = placesOf(facts);
  const names = new Set(enclosures.map(({ value }) => value.name));
  const { hosts, secrets, problems } = readHosts(yaml, facts, names, passwords);
  const index = new DeviceIndex(hosts.flatMap(({ devices }) => devices));
  const { pools, problems: poolProblems } = readNativePools(yaml, facts, index);
  const vars = facts.vars ?? {};
  const badVars = findings.some(({ path }) => path[0] === 'vars');
  const profiles = facts.profiles ?? [{ name: 'default', pools: pools.map(({ name }) => name) }];
  const serials = facts.hosts.flatMap(({ devices = [] }, i) =>
    devices.map(({ serial }, d) => ({ value: serial, path: ['hosts', i, 'devices', d, 'serial'] })),
  );
  return {
    declaration: {
      cluster: facts.cluster,
      enclosures: enclosures.map(({ value }) => value),
      hosts,
      pools,
      profiles,
      vars,
      recovery: facts.recovery ? recoverySteps(facts.recovery) : null,
    },
    secrets,
    uses: facts.hosts.flatMap(rolesOf),
    problems: [
      ...findings.map((finding) => problemOf(yaml, finding)),
      ...recoveriesIn(yaml.value).flatMap(([path, value]) => recoveryProblems(yaml, value, path)),
      ...repeated(yaml, facts, enclosures),
      ...problems,
      ...poolProblems,
      ...unknownNativePools(yaml, facts),
      ...(badVars ? [] : varProblems(vars)).map(({ name, message }) =>
        yaml.problem(['vars', name], message),
      ),
    ],
    warnings: serialWarnings(yaml, serials),
  };
};
