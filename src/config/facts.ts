/** What both formats of facts files read into, and the checks that both need. */

import type { Declaration, DeclaredDevice } from '../core/values/facts.ts';
import type { Variables } from '../core/values/roles.ts';
import type { Path, Problem } from './problem.ts';
import type { Finding } from './schema-check.ts';
import type { YamlFile } from './yaml.ts';

/** What an out-of-band manager asks for. Belongs into the secret store and nowhere else. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** A place where facts ask for a role. */
export interface RoleUse {
  readonly name: string;
  readonly overrides: Variables;
  /** Index in the declaration's hosts, and in that host's roles. */
  readonly host: number;
  readonly index: number;
  readonly namePath: Path;
  readonly overridesPath: Path;
}

/** A facts file once it is read, before its roles are looked up. */
export interface FactsRead {
  readonly declaration: Omit<Declaration, 'roles'>;
  readonly secrets: ReadonlyMap<string, Credentials>;
  readonly uses: readonly RoleUse[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** A value and where it stands. */
export interface Placed<T> {
  readonly value: T;
  readonly path: Path;
}

/** One problem for each value that was there before. */
export const duplicates = (
  yaml: YamlFile,
  what: string,
  values: readonly Placed<string | number>[],
): readonly Problem[] => {
  const first = new Map<string | number, Path>();
  return values.flatMap(({ value, path }) => {
    // What had to be made up for something malformed, which is reported already.
    if (value === '' || Number.isNaN(value)) return [];
    const before = first.get(value);
    if (before === undefined) {
      first.set(value, path);
      return [];
    }
    const { line } = yaml.at(before);
    return [yaml.problem(path, `${what} ${JSON.stringify(value)} is already on line ${line}.`)];
  });
};

/** What identifies a device; at least one of the three. */
export type DeviceReference = Partial<Pick<DeclaredDevice, 'wwn' | 'serial' | 'path'>>;

/** The devices of a cluster, to be found by what identifies them without looking at all. */
export class DeviceIndex {
  readonly #by = { wwn: new Map(), serial: new Map(), path: new Map() } as Readonly<
    Record<keyof DeviceReference, Map<string, DeclaredDevice[]>>
  >;

  constructor(devices: Iterable<DeclaredDevice>) {
    for (const device of devices) {
      for (const key of ['wwn', 'serial', 'path'] as const) {
        const known = this.#by[key].get(device[key]);
        if (known) known.push(device);
        else this.#by[key].set(device[key], [device]);
      }
    }
  }

  /** The devices that fit all of what is given. */
  matching(reference: DeviceReference): readonly DeclaredDevice[] {
    const given = Object.entries(reference) as [keyof DeviceReference, string][];
    const [[key, value] = [undefined, ''], ...more] = given;
    const found = key === undefined ? [] : (this.#by[key].get(value) ?? []);
    return found.filter((device) => more.every(([other, wanted]) => device[other] === wanted));
  }

  /** The devices of which the text is the WWN, the serial or the path. */
  named(text: string): readonly DeclaredDevice[] {
    const found = [
      ...this.matching({ wwn: text }),
      ...this.matching({ serial: text }),
      ...this.matching({ path: text }),
    ];
    return [...new Set(found)];
  }
}

/**
 * Why a reference does not mean one device, or null where it does.
 *
 * @param reference in words, for example `serial "Z840"`
 */
export const deviceMessage = (
  found: readonly DeclaredDevice[],
  reference: string,
): string | null => {
  if (found.length === 1) return null;
  if (found.length === 0) return `No host has a device with ${reference}.`;
  return `${found.length} devices have ${reference}; give the WWN.`;
};

/** A finding of the schema as a problem of the file. */
export const problemOf = (yaml: YamlFile, finding: Finding): Problem =>
  finding.at === 'key'
    ? yaml.keyProblem(finding.path, finding.message, finding.expected)
    : yaml.problem(finding.path, finding.message, finding.expected);

/** Two devices with one serial can be told apart by WWN, but not by a reference to the serial. */
export const serialWarnings = (
  yaml: YamlFile,
  serials: readonly Placed<string>[],
): readonly Problem[] => duplicates(yaml, 'Serial number', serials);
