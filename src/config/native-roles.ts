/** Halcyon's own roles format: its schema, and a role's text as process templates. */

import { Type } from 'typebox';
import type { Static, TSchema } from 'typebox';
import { ownerships, processTypes } from '../core/values/roles.ts';
import type { RenderedTemplate } from '../core/values/roles.ts';
import type { Path } from './problem.ts';
import {
  environmentName,
  namePattern,
  maxMultiplicity,
  processTemplate,
} from './process-template.ts';
import type { Field, FieldErrors } from './process-template.ts';
import { sizePattern } from './sizes.ts';

const closed = { additionalProperties: false } as const;

/** A text with a template in it, which stands wherever a value may. */
const Templated = Type.String({ pattern: '\\{[{%]', expected: 'a template such as {{ name }}' });

const orTemplate = <S extends TSchema>(schema: S, description?: string): TSchema =>
  Type.Union([schema, Templated], description === undefined ? {} : { description });

const choice = (values: readonly string[], description: string): TSchema =>
  Type.Union([...values.map((value) => Type.Literal(value)), Templated], {
    description,
    expected: values.map((value) => `"${value}"`).join(' or '),
  });

const Count = (minimum: number, maximum: number): TSchema => Type.Integer({ minimum, maximum });

const Size = orTemplate(
  Type.Union([
    Type.Integer({ minimum: 0 }),
    Type.String({ pattern: sizePattern, expected: 'a size such as 16GiB' }),
  ]),
);

const Bound = orTemplate(Type.Integer({ minimum: 0 }));

const EnvironmentEntry = Type.Union([
  Type.String(),
  Type.Number(),
  Type.Boolean(),
  Type.Object(
    {
      range: orTemplate(Type.Array(Bound, { minItems: 2, maxItems: 2 })),
    },
    {
      ...closed,
      description: 'An inclusive range, of which each process of a node gets a value of its own.',
    },
  ),
]);

const Port = Type.Union([Type.Integer({ minimum: 1, maximum: 65_535 }), Type.String()]);

const Process = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      description: 'What operators call the process.',
    }),
    unit: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Prefix of its unit, environment file and MERO_…_EP variable; name if absent.',
      }),
    ),
    type: Type.Optional(choice(processTypes, 'What it is for; client if absent.')),
    ownership: Type.Optional(
      choice(ownerships, 'Who starts and stops it: Halcyon (managed, if absent) or somebody else.'),
    ),
    boot_level: Type.Optional(
      orTemplate(
        Count(0, 99),
        'Lower levels start first. If absent: ha 0, server 1, filesystem 2, client 3.',
      ),
    ),
    endpoint: Type.String({
      minLength: 1,
      description:
        'Where the search for a free endpoint starts: <nid>:<pid>:<portal>:<tmid> or <host>:<port>.',
    }),
    multiplicity: Type.Optional(
      orTemplate(
        Count(1, maxMultiplicity),
        'How many processes; 1 if absent. "{{ multiplicity }}" lets a request choose.',
      ),
    ),
    environment: Type.Optional(
      Type.Object(
        {},
        {
          patternProperties: { [environmentName]: EnvironmentEntry },
          additionalProperties: false,
          description: 'Environment variables beside the standard ones.',
          expected: 'a legal name of an environment variable',
        },
      ),
    ),
    services: Type.Optional(
      orTemplate(
        Type.Array(Type.String({ minLength: 1 })),
        'Names of the services the process provides, for example RMS.',
      ),
    ),
    memory: Type.Optional(
      Type.Object(
        {
          as: Type.Optional(Size),
          rss: Type.Optional(Size),
          stack: Type.Optional(Size),
          memlock: Type.Optional(Size),
        },
        { ...closed, description: 'Limits in bytes or as 16GiB; 0 or absent: unlimited.' },
      ),
    ),
    cores: Type.Optional(
      Type.Union([Type.Literal('all'), Type.Array(Bound), Templated], {
        description: 'CPUs it may run on: all (if absent) or a list with an entry a CPU, 0 or 1.',
        expected: '"all" or a list with an entry a CPU',
      }),
    ),
    command: Type.Optional(
      Type.Array(Type.Union([Type.String(), Type.Number()]), {
        description:
          'Program and arguments that the agent of a managed process executes; absent: the systemd unit <unit>@<fid>.service.',
      }),
    ),
    ready: Type.Optional(
      Type.Union(
        [
          Type.Literal('notify'),
          Type.Object({ alive: Bound }, closed),
          Type.Object({ tcp: Port }, closed),
          Type.Object({ http: Type.String(), port: Type.Optional(Port) }, closed),
        ],
        {
          description:
            'When it counts as online: {alive: seconds} (if absent: 1), {tcp: port}, {http: path, port: port}, or "notify". ' +
            'A port is a number, endpoint, or the name of a variable of its environment.',
          expected: '"notify", {alive: seconds}, {tcp: port} or {http: path, port: port}',
        },
      ),
    ),
  },
  closed,
);

export const NativeRole = Type.Object(
  {
    role: Type.String({
      pattern: namePattern,
      expected: 'a name of letters, digits, dots, dashes and underscores',
      description: 'Name by which hosts and requests ask for the role.',
    }),
    requires: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'Roles of which every node that gets this one must have one first.',
      }),
    ),
    processes: Type.Array(Process, { minItems: 1, description: 'What the role consists of.' }),
  },
  closed,
);
export type NativeRole = Static<typeof NativeRole>;

/** A whole roles file. */
export const NativeRoles = Type.Array(NativeRole, {
  $id: 'roles.schema.json',
  title: 'Halcyon roles',
  description:
    'Roles: named lists of process templates. Every text may hold Liquid templates, for example "{{ lnid }}:12345:41:301".',
});

type Values = Readonly<Record<string, unknown>>;

/** The fields of a map that are there. */
const fields = <K extends string>(
  values: Values,
  path: Path,
  keys: readonly K[],
): Readonly<Partial<Record<K, Field>>> =>
  Object.fromEntries(
    keys
      .filter((key) => Object.hasOwn(values, key))
      .map((key) => [key, { value: values[key], path: [...path, key] }]),
  ) as unknown as Partial<Record<K, Field>>;

const optionalFields = [
  'unit',
  'type',
  'ownership',
  'boot_level',
  'multiplicity',
  'services',
  'cores',
  'command',
  'ready',
] as const;

const mapOf = (value: unknown): Values =>
  (typeof value === 'object' && value !== null ? value : {}) as Values;

/**
 * The processes of a role of which every template is already rendered.
 *
 * @param role a value that fits {@link NativeRole}, but for what its templates became
 * @param path where the role stands in its document
 * @param errors takes what does not fit; where it took something, the result is of no use
 */
export const nativeProcesses = (
  role: unknown,
  path: Path,
  errors: FieldErrors,
): readonly RenderedTemplate[] =>
  (mapOf(role)['processes'] as readonly unknown[]).map((process, i) => {
    const at = [...path, 'processes', i];
    const values = mapOf(process);
    return processTemplate(
      {
        name: { value: values['name'], path: [...at, 'name'] },
        endpoint: { value: values['endpoint'], path: [...at, 'endpoint'] },
        ...fields(values, at, optionalFields),
        environment: Object.entries(mapOf(values['environment'])).map(([key, value]) => ({
          key,
          entry: { value, path: [...at, 'environment', key] },
        })),
        memory: fields(
          mapOf(values['memory']),
          [...at, 'memory'],
          ['as', 'rss', 'stack', 'memlock'],
        ),
      },
      errors,
    );
  });
