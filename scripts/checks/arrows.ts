/**
 * Who may import whom. This is the one table of the arrows: the linter reports a breach where it is
 * written, and `test/tooling/arrows.test.ts` walks the whole import graph by it.
 */

/** `types`: only `import type`; `values`: anything. */
type Strength = 'types' | 'values';

interface Part {
  /** Other parts, or folders of them, that this part may import from. */
  readonly project: Readonly<Record<string, Strength>>;
  /** The only packages it may import; absent: any, and Node's own modules too. */
  readonly packages?: readonly string[];
  /**
   * For folders of this part, and files beside them, the others of this part that each may import from. What is
   * not listed may import any of them.
   */
  readonly inside?: Readonly<Record<string, readonly string[]>>;
}

/** Every part of `src`, those to come as well: its folders, and the two executables' entry files. */
export const arrows: Readonly<Record<string, Part>> = {
  core: {
    project: {},
    packages: ['typebox'],
    inside: {
      values: [],
      events: ['values'],
      graph: ['values', 'events'],
      declaration: ['values', 'events', 'graph', 'lifecycle'],
      allocation: ['values', 'events', 'graph', 'declaration'],
      lifecycle: ['values', 'events', 'graph'],
      deadlines: ['values', 'events', 'graph', 'lifecycle', 'procedures', 'decision.ts'],
      rights: ['values', 'events', 'graph'],
      procedures: ['values', 'events', 'graph', 'lifecycle', 'rights', 'decision.ts'],
      'decision.ts': ['values', 'events', 'graph'],
      commands: [
        'values',
        'events',
        'graph',
        'declaration',
        'allocation',
        'lifecycle',
        'deadlines',
        'procedures',
        'rights',
        'decision.ts',
      ],
      rules: ['values', 'events', 'graph', 'allocation', 'lifecycle', 'procedures', 'decision.ts'],
      'engine.ts': ['values', 'events', 'graph', 'allocation', 'decision.ts', 'commands', 'rules'],
    },
  },
  addresses: { project: {} },
  disk: { project: {} },
  nodeset: { project: {} },
  terminal: { project: {} },
  ipmi: { project: {}, packages: ['node:crypto', 'node:dgram', 'node:dns', 'node:net'] },
  contract: { project: { 'core/values': 'values' }, packages: ['typebox'] },
  log: { project: { 'core/events': 'types', 'core/values': 'types', disk: 'values' } },
  config: { project: { core: 'values' } },
  station: {
    project: {
      core: 'values',
      log: 'values',
      config: 'values',
      disk: 'values',
      nodeset: 'values',
      addresses: 'values',
      checks: 'values',
      contract: 'types',
    },
    inside: {
      access: ['clocks.ts', 'result.ts'],
      'fair-use': ['clocks.ts', 'time.ts'],
      obm: ['access', 'fair-use', 'logger.ts', 'periodic.ts', 'result.ts', 'time.ts'],
      checks: ['observations', 'fair-use', 'clocks.ts', 'logger.ts', 'time.ts'],
      observations: [],
      // A follower is a replica without duties.
      replica: [
        ...['access', 'fair-use'],
        ...['clocks.ts', 'logger.ts', 'rate.ts', 'result.ts', 'time.ts'],
      ],
    },
  },
  checks: {
    project: {
      core: 'values',
      config: 'values',
      nodeset: 'values',
      addresses: 'values',
      terminal: 'values',
      disk: 'values',
    },
    inside: {
      view: ['check.ts', 'observation.ts'],
      // A library of its own, which the command line uses as well.
      ssh: ['observation.ts'],
    },
  },
  obm: {
    project: {
      contract: 'values',
      'core/events': 'types',
      'core/values': 'types',
      ipmi: 'values',
      log: 'values',
      disk: 'values',
      addresses: 'values',
      terminal: 'values',
    },
    inside: {
      'time.ts': [],
      'errors.ts': [],
      'schema.ts': [],
      drivers: ['time.ts', 'errors.ts', 'schema.ts'],
      catalogue: ['time.ts', 'errors.ts', 'schema.ts', 'drivers'],
      console: ['time.ts', 'errors.ts', 'drivers'],
    },
  },
  api: {
    project: {
      contract: 'values',
      station: 'values',
      checks: 'values',
      core: 'values',
      nodeset: 'values',
      config: 'types',
      addresses: 'values',
      // The pages that are made by the station; they get what the API answers, and nothing else.
      'web/text': 'values',
      // And of those in the browser, where they are.
      'web/page-paths.ts': 'values',
    },
  },
  client: { project: { contract: 'types', terminal: 'values' } },
  agent: { project: { client: 'values', disk: 'values', addresses: 'values' } },
  cli: {
    project: {
      client: 'values',
      disk: 'values',
      nodeset: 'values',
      terminal: 'values',
      // `halctl exec` goes from where it runs, over the connections that checks go over.
      'checks/ssh': 'values',
      // What is shown of a fleet is made by one piece of code, here and on the page.
      'checks/view': 'values',
    },
  },
  web: {
    project: { client: 'values', 'checks/view': 'values', nodeset: 'values', terminal: 'values' },
    packages: [
      ...['preact', 'preact-render-to-string'],
      ...['@tanstack/preact-table', '@tanstack/virtual-core', '@xterm', 'uplot'],
    ],
  },
  daemons: {
    project: {
      station: 'values',
      checks: 'values',
      api: 'values',
      agent: 'values',
      obm: 'values',
      ipmi: 'values',
      client: 'values',
      log: 'values',
      addresses: 'values',
      disk: 'values',
    },
  },
  'halcyon.ts': { project: { daemons: 'values' } },
  'halctl.ts': { project: { cli: 'values' } },
};

export interface Import {
  /** The importing file, relative to `src`, for example `api/hosts.ts`. */
  readonly from: string;
  /** What it imports: a file relative to `src`, or a bare specifier such as `yaml` or `node:fs`. */
  readonly to: string;
  /** Whether `to` is a file of the project. */
  readonly inProject: boolean;
  /** Whether nothing of the import is left once types are stripped. */
  readonly typesOnly: boolean;
}

/** Why an import goes against the arrows; undefined when it does not. */
export function breach({ from, to, inProject, typesOnly }: Import): string | undefined {
  const name = partOf(from);
  const part = arrows[name];
  if (part === undefined) return `src/${name} is not in the table of arrows`;
  if (!inProject) return packageBreach(name, part, to);
  if (partOf(to) === name) return insideBreach(name, part, from, to);

  const strength = Object.entries(part.project).find(([path]) => isWithin(to, path))?.[1];
  if (strength === undefined) return `${name} must not import ${to}`;
  if (strength === 'types' && !typesOnly) return `${name} may import only types from ${to}`;
  return undefined;
}

function insideBreach(
  name: string,
  { inside }: Part,
  from: string,
  to: string,
): string | undefined {
  const [own, other] = [placeIn(from), placeIn(to)];
  const allowed = inside?.[own];
  if (allowed === undefined || other === own || allowed.includes(other)) return undefined;
  return `${name}/${own} must not import ${to}`;
}

function packageBreach(name: string, part: Part, specifier: string): string | undefined {
  if (part.packages === undefined) return undefined;
  if (part.packages.some((allowed) => isWithin(specifier, allowed))) return undefined;
  return `${name} must not import ${specifier}`;
}

function partOf(file: string): string {
  return file.split('/')[0] ?? file;
}

/** The folder of a part that holds a file, or the file itself where it stands beside the folders. */
function placeIn(file: string): string {
  return file.split('/')[1] ?? file;
}

/** Whether `path` is `folder`, something in it, or the module file that bears its name. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || path === `${folder}.ts` || path.startsWith(`${folder}/`);
}
