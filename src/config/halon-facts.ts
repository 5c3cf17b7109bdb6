/**
 * A Halon facts document, checked (also for what Halon does not check, or only while it loads) and
 * taken apart.
 */

import type {
  DeclaredDevice,
  DeclaredEnclosure,
  DeclaredHost,
  DeclaredObm,
} from '../core/values/facts.ts';
import type { Variables } from '../core/values/roles.ts';
import { DeviceIndex, duplicates, problemOf, serialWarnings } from './facts.ts';
import type { Credentials, FactsRead, Placed, RoleUse } from './facts.ts';
import { HalonFacts } from './halon-facts-schema.ts';
import type { HalonFactsDocument } from './halon-facts-schema.ts';
import { readHalonPools, unknownHalonPools } from './halon-pools.ts';
import { didYouMean } from './problem.ts';
import type { Path, Problem } from './problem.ts';
import { checkSchema, fitSchema } from './schema-check.ts';
import type { YamlFile } from './yaml.ts';

/** Halon's facts do not name the cluster. */
const clusterName = 'mero';

type Server = HalonFactsDocument['id_m0_servers'][number];
type Enclosure =
  HalonFactsDocument['id_sites'][number]['site_racks'][number]['rack_enclosures'][number];

/** An enclosure with where it stands, in the cluster and in the document. */
interface PlacedEnclosure extends Placed<Enclosure> {
  readonly site: string;
  readonly rack: string;
}

const enclosuresOf = (facts: HalonFactsDocument): readonly PlacedEnclosure[] =>
  facts.id_sites.flatMap(({ site_idx, site_racks }, s) =>
    site_racks.flatMap(({ rack_idx, rack_enclosures }, r) =>
      rack_enclosures.map((value, e) => ({
        value,
        site: String(site_idx),
        rack: String(rack_idx),
        path: ['id_sites', s, 'site_racks', r, 'rack_enclosures', e],
      })),
    ),
  );

/** A machine that stands in an enclosure. */
interface EnclosureHost extends Placed<string> {
  readonly enclosure: Enclosure;
}

const hostsIn = (enclosures: readonly PlacedEnclosure[]): readonly EnclosureHost[] =>
  enclosures.flatMap(({ value: enclosure, path }) =>
    enclosure.enc_hosts.map(({ h_fqdn }, h) => ({
      value: h_fqdn.toLowerCase(),
      enclosure,
      path: [...path, 'enc_hosts', h, 'h_fqdn'],
    })),
  );

const indexed = <T>(
  items: readonly T[],
  path: Path,
  key: keyof T & string,
): readonly Placed<string | number>[] =>
  items.map((item, i) => ({ value: item[key] as string | number, path: [...path, i, key] }));

const deviceValues = (
  facts: HalonFactsDocument,
  key: 'm0d_wwn' | 'm0d_serial',
): readonly Placed<string>[] =>
  facts.id_m0_servers.flatMap(({ m0h_devices }, s) =>
    m0h_devices.map((device, d) => ({
      value: device[key],
      path: ['id_m0_servers', s, 'm0h_devices', d, key],
    })),
  );

const repeated = (
  yaml: YamlFile,
  facts: HalonFactsDocument,
  enclosures: readonly PlacedEnclosure[],
): readonly Problem[] => {
  const sites = facts.id_sites;
  return [
    ...duplicates(yaml, 'site_idx', indexed(sites, ['id_sites'], 'site_idx')),
    ...sites.flatMap(({ site_racks }, s) => {
      const path = ['id_sites', s, 'site_racks'];
      return [
        ...duplicates(yaml, 'rack_idx', indexed(site_racks, path, 'rack_idx')),
        ...site_racks.flatMap(({ rack_enclosures }, r) => {
          const inner = [...path, r, 'rack_enclosures'];
          return duplicates(yaml, 'enc_idx', indexed(rack_enclosures, inner, 'enc_idx'));
        }),
      ];
    }),
    ...duplicates(
      yaml,
      'enc_id',
      enclosures.map(({ value, path }) => ({ value: value.enc_id, path: [...path, 'enc_id'] })),
    ),
    ...duplicates(yaml, 'h_fqdn', hostsIn(enclosures)),
    ...duplicates(
      yaml,
      'm0h_fqdn',
      facts.id_m0_servers.map(({ m0h_fqdn }, i) => ({
        value: m0h_fqdn.toLowerCase(),
        path: ['id_m0_servers', i, 'm0h_fqdn'],
      })),
    ),
    ...duplicates(yaml, 'm0d_wwn', deviceValues(facts, 'm0d_wwn')),
    ...duplicates(yaml, 'pool_id', indexed(facts.id_pools, ['id_pools'], 'pool_id')),
    ...duplicates(yaml, 'prof_id', indexed(facts.id_profiles, ['id_profiles'], 'prof_id')),
  ];
};

const deviceOf = (device: Server['m0h_devices'][number]): DeclaredDevice => ({
  wwn: device.m0d_wwn,
  serial: device.m0d_serial,
  path: device.m0d_path,
  slot: device.m0d_slot,
  block_size: device.m0d_bsize,
  size: device.m0d_size,
});

/** Everything in a server's mapping that Halon does not read itself is for its roles' templates. */
const variablesOf = ({ m0h_fqdn, m0h_roles: _roles, m0h_devices: _devices, ...rest }: Server) =>
  ({ m0h_fqdn, ...rest }) as Variables;

const usesOf = ({ m0h_roles }: Server, host: number, server: number): readonly RoleUse[] =>
  m0h_roles.map(({ name, overrides }, index) => {
    const path = ['id_m0_servers', server, 'm0h_roles', index];
    return {
      name,
      overrides: (overrides ?? {}) as Variables,
      host,
      index,
      namePath: [...path, 'name'],
      overridesPath: [...path, 'overrides'],
    };
  });

/** An address that stands for "there is none". */
const noAddress = '0.0.0.0';

/**
 * Each enclosure's first BMC that has an address belongs to all hosts in it.
 *
 * @returns OBMs by enclosure, and their credentials under `obm/<fqdn>`, or `obm/<enc_id>` where
 *   hosts share one
 */
const obmsOf = (
  enclosures: readonly PlacedEnclosure[],
): {
  readonly obms: ReadonlyMap<Enclosure, DeclaredObm>;
  readonly secrets: ReadonlyMap<string, Credentials>;
} => {
  const obms = new Map<Enclosure, DeclaredObm>();
  const secrets = new Map<string, Credentials>();
  for (const { value: enclosure } of enclosures) {
    const { enc_bmc, enc_hosts, enc_id } = enclosure;
    const bmc = enc_bmc.find(({ bmc_addr }) => bmc_addr !== '' && bmc_addr !== noAddress);
    if (!bmc || enc_hosts.length === 0) continue;
    const owner = enc_hosts.length === 1 ? enc_hosts[0]!.h_fqdn.toLowerCase() : enc_id;
    const secret = `obm/${owner}`;
    obms.set(enclosure, { type: 'ipmi', address: bmc.bmc_addr, secret });
    secrets.set(secret, { user: bmc.bmc_user, password: bmc.bmc_pass });
  }
  return { obms, secrets };
};

interface Hosts {
  readonly hosts: readonly DeclaredHost[];
  readonly uses: readonly RoleUse[];
  readonly problems: readonly Problem[];
}

/** Joins servers with the machines in enclosures, by name; machines without a server come last. */
const joinHosts = (
  yaml: YamlFile,
  facts: HalonFactsDocument,
  machines: readonly EnclosureHost[],
  obms: ReadonlyMap<Enclosure, DeclaredObm>,
): Hosts => {
  const byName = new Map(machines.map((machine) => [machine.value, machine]));
  const problems: Problem[] = [];
  const hostOf = (fqdn: string, server: Server | null): DeclaredHost => {
    const enclosure = byName.get(fqdn)?.enclosure;
    return {
      fqdn,
      roles: (server ? usesOf(server, 0, 0) : []).map(({ name, overrides }) => ({
        name,
        overrides,
      })),
      enclosure: enclosure?.enc_id ?? null,
      project: null,
      variables: server ? variablesOf(server) : {},
      obm: (enclosure && obms.get(enclosure)) ?? null,
      devices: (server?.m0h_devices ?? []).map(deviceOf),
      recovery: null,
    };
  };
  const servers = facts.id_m0_servers.map((server, i) => {
    const fqdn = server.m0h_fqdn.toLowerCase();
    if (fqdn !== '' && server.m0h_devices.length > 0 && !byName.has(fqdn)) {
      const message = `"${fqdn}" has devices but is not in any enclosure.${didYouMean(fqdn, byName.keys())}`;
      problems.push(yaml.problem(['id_m0_servers', i, 'm0h_fqdn'], message, 'an h_fqdn'));
    }
    return hostOf(fqdn, server);
  });
  const joined = new Set(facts.id_m0_servers.map(({ m0h_fqdn }) => m0h_fqdn.toLowerCase()));
  const others = [...byName.keys()].filter((fqdn) => !joined.has(fqdn));
  return {
    hosts: [...servers, ...others.map((fqdn) => hostOf(fqdn, null))],
    uses: facts.id_m0_servers.flatMap((server, i) => usesOf(server, i, i)),
    problems,
  };
};

/** Node roles that hosts ask for but the list of node roles does not have. */
const unknownNodeRoles = (
  yaml: YamlFile,
  enclosures: readonly PlacedEnclosure[],
  nodeRoles: ReadonlySet<string> | null,
): readonly Problem[] =>
  enclosures.flatMap(({ value, path }) =>
    value.enc_hosts.flatMap(({ h_halon }, h) =>
      (h_halon?.roles ?? []).flatMap(({ name }, i) => {
        if (!nodeRoles || name === '' || nodeRoles.has(name)) return [];
        const at = [...path, 'enc_hosts', h, 'h_halon', 'roles', i, 'name'];
        const message = `There is no node role "${name}".${didYouMean(name, nodeRoles)}`;
        return [yaml.problem(at, message)];
      }),
    ),
  );

const serverKeys = ['m0h_fqdn', 'm0h_roles', 'm0h_devices'];

/**
 * A server's mapping may hold anything, but what looks like one of Halon's own keys was probably
 * meant to be one.
 */
const misspeltServerKeys = (yaml: YamlFile, facts: HalonFactsDocument): readonly Problem[] =>
  facts.id_m0_servers.flatMap((server, i) =>
    Object.keys(server)
      .filter((key) => key.startsWith('m0h_') && !serverKeys.includes(key))
      .map((key) =>
        yaml.keyProblem(
          ['id_m0_servers', i, key],
          `Unknown key "${key}".${didYouMean(key, serverKeys)}`,
        ),
      ),
  );

/** Facts of a Halon that had no sites yet say little that is understood; what to do is said first. */
const racksWithoutSites = (yaml: YamlFile): readonly Problem[] => {
  if (!Object.hasOwn(yaml.value ?? {}, 'id_racks')) return [];
  const message =
    'These racks are of a Halon that had no sites: write "id_sites: [{ site_idx: 0, site_racks: [...] }]", with the racks in it.';
  return [yaml.keyProblem(['id_racks'], message, 'id_sites')];
};

/**
 * Checks a Halon facts document and takes it apart.
 *
 * @param nodeRoles names of Halon's node roles, or null where they are not known and not to be
 *   checked
 */
export const readHalonFacts = (
  yaml: YamlFile,
  nodeRoles: ReadonlySet<string> | null,
): FactsRead => {
  const findings = checkSchema(HalonFacts, yaml.value);
  const facts = fitSchema(HalonFacts, yaml.value) as HalonFactsDocument;
  const enclosures = enclosuresOf(facts);
  const { obms, secrets } = obmsOf(enclosures);
  const { hosts, uses, problems } = joinHosts(yaml, facts, hostsIn(enclosures), obms);
  const index = new DeviceIndex(hosts.flatMap(({ devices }) => devices));
  const { pools, problems: poolProblems } = readHalonPools(yaml, facts, index);
  const unknown = findings.filter(({ kind }) => kind === 'unknown-key');
  return {
    declaration: {
      cluster: clusterName,
      enclosures: enclosures.map(({ value, site, rack }): DeclaredEnclosure => ({
        name: value.enc_id,
        site,
        rack,
      })),
      hosts,
      pools,
      profiles: facts.id_profiles.map(({ prof_id, prof_pools }) => ({
        name: prof_id,
        pools: prof_pools,
      })),
      vars: {},
      recovery: null,
    },
    secrets,
    uses,
    problems: [
      ...racksWithoutSites(yaml),
      ...findings.filter(({ kind }) => kind !== 'unknown-key').map((f) => problemOf(yaml, f)),
      ...repeated(yaml, facts, enclosures),
      ...problems,
      ...poolProblems,
      ...unknownHalonPools(yaml, facts),
      ...unknownNodeRoles(yaml, enclosures, nodeRoles),
    ],
    warnings: [
      ...unknown.map((finding) => problemOf(yaml, finding)),
      ...misspeltServerKeys(yaml, facts),
      ...serialWarnings(yaml, deviceValues(facts, 'm0d_serial')),
    ],
  };
};
