/** A machine at two moments, side by side: what there was to say then and later, and whether it is the same. */

import { formatBytes } from '../../../../checks/view/quantities.ts';
import type { Configuration, FleetMachine, Host, Obm, Process } from '../../../../client/types.ts';
import { briefly } from '../../../../client/view/words.ts';

/** All that is known of a machine at a moment; what could not be told is null. */
export interface MachineThen {
  readonly machine: FleetMachine;
  readonly host: Host;
  readonly obm: Obm | null;
  readonly processes: readonly Process[];
  readonly configurations: readonly Configuration[];
}

export interface Difference {
  readonly what: string;
  /** Undefined: there was no such thing. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly isSame: boolean;
}

export interface Part {
  readonly title: string;
  readonly rows: readonly Difference[];
}

/** What there is to say, by what it is about. */
type Said = ReadonlyMap<string, string>;

interface Told {
  readonly title: string;
  readonly of: (then: MachineThen) => Said;
}

const parts: readonly Told[] = [
  { title: 'State', of: ({ machine }) => stateOf(machine) },
  { title: 'Checks', of: ({ machine: { checks } }) => checksOf(checks) },
  { title: 'Machine', of: ({ host }) => hostOf(host) },
  { title: 'Processes', of: ({ processes }) => processesOf(processes) },
  { title: 'Configuration', of: ({ configurations }) => configurationsOf(configurations) },
  { title: 'Out of band', of: ({ obm }) => obmOf(obm) },
];

/** Each part, also where nothing differs in it. */
export const differences = (before: MachineThen, after: MachineThen): readonly Part[] =>
  parts.map(({ title, of }) => ({ title, rows: rowsOf(of(before), of(after)) }));

const rowsOf = (before: Said, after: Said): Difference[] =>
  [...new Set([...before.keys(), ...after.keys()])].map((what) => {
    const [was, is] = [before.get(what), after.get(what)];
    return { what, before: was, after: is, isSame: was === is };
  });

type Value = string | number | null | undefined;

/** What is not known is said: it is no empty value. */
const said = (fields: Readonly<Record<string, Value>>): Said =>
  new Map(
    Object.entries(fields).map(([name, value]) => [
      name,
      value === null || value === undefined ? 'not known' : String(value),
    ]),
  );

const stateOf = (machine: FleetMachine): Said => {
  const { maintenance, scheduler, note } = machine;
  return said({
    state: machine.state,
    reason: machine.reason,
    checks: machine.verdict,
    failing: machine.failing.join(' '),
    cluster: machine.agent,
    maintenance: maintenance ? `${maintenance.reason} (${maintenance.by})` : 'nobody works on it',
    scheduler: scheduler && [scheduler.state, scheduler.reason].filter(Boolean).join(': '),
    note: note ? `${note.text} (${note.by})` : 'none',
    project: machine.project ?? 'none',
    roles: machine.roles.join(' '),
    node: machine.node ?? 'none',
    enclosure: machine.enclosure ?? 'none',
  });
};

const checksOf = (checks: FleetMachine['checks']): Said =>
  new Map(
    Object.entries(checks).map(([id, { verdict, value, text }]) => [
      id,
      [verdict, value === null ? '' : String(value), text === verdict ? '' : text]
        .filter(Boolean)
        .join(', '),
    ]),
  );

const mib = 1024 ** 2;

const hostOf = (host: Host): Said =>
  said({
    address: host.address,
    interfaces: host.interfaces.map(({ name, address }) => `${name} ${address}`).join(', '),
    CPUs: host.cpus,
    memory: host.memory_mib === null ? null : formatBytes(host.memory_mib * mib),
    kernel: host.kernel,
    boot: host.boot_id,
    agent: host.agent_version,
    'waits for': host.problem,
    roles: host.roles
      .map(({ name, overrides }) => `${name} ${briefly(overrides)}`.trim())
      .join(', '),
  });

const processesOf = (processes: readonly Process[]): Said =>
  new Map(
    processes.flatMap((one): [string, string][] => [
      [
        `${one.fid} ${one.name}`,
        [
          `${one.state}${one.reason === '' ? '' : ` (${one.reason})`}`,
          ...[one.role, one.ownership, one.endpoint],
          one.pid === null ? 'no pid' : `pid ${one.pid}`,
        ].join(', '),
      ],
      ...one.services.map(({ fid, type, state }): [string, string] => [`${fid} ${type}`, state]),
    ]),
  );

const configurationsOf = (configurations: readonly Configuration[]): Said =>
  new Map(
    configurations.flatMap(({ fid, environment }) =>
      Object.entries(environment).map(([name, value]): [string, string] => [
        `${fid} ${name}`,
        value,
      ]),
    ),
  );

const obmOf = (obm: Obm | null): Said =>
  obm === null
    ? new Map()
    : said({
        use: obm.state,
        power: obm.power?.state,
        trouble: obm.trouble?.reason ?? 'none',
        daemon: obm.obmd,
        label: obm.label,
      });
