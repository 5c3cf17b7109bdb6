/**
 * Halon's role mapping format: the schema of what its templates render to, and that as process
 * templates.
 */

import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import type { RenderedTemplate } from '../core/values/roles.ts';
import type { Path } from './problem.ts';
import { FieldError, processTemplate } from './process-template.ts';
import type { Field, FieldErrors, ProcessFields } from './process-template.ts';

const Tagged = Type.Object(
  { tag: Type.String({ minLength: 1 }), contents: Type.Optional(Type.Any()) },
  { additionalProperties: false, expected: 'a map of tag and contents' },
);

/** Mero writes "unlimited" as 2^64 - 1, which no number here can hold. */
const Number64 = Type.Union([
  Type.Number({ minimum: 0 }),
  Type.String({ pattern: '^[0-9]+$', expected: 'a number of bytes' }),
]);

const Service = Type.Object(
  {
    m0s_type: Tagged,
    // Halon reads and ignores these: a service takes the endpoint that its process gets.
    m0s_endpoints: Type.Optional(Type.Any()),
    m0s_pathfilter: Type.Optional(Type.Any()),
    m0s_params: Type.Optional(Type.Any()),
  },
  { additionalProperties: false },
);

const nullable = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);

const Process = Type.Object(
  {
    m0p_endpoint: Type.String({ minLength: 1 }),
    m0p_mem_as: Number64,
    m0p_mem_rss: Number64,
    m0p_mem_stack: Number64,
    m0p_mem_memlock: Number64,
    m0p_cores: nullable(Type.Array(Type.Integer({ minimum: 0 }))),
    m0p_boot_level: Tagged,
    m0p_services: nullable(Type.Array(Service)),
    m0p_environment: Type.Optional(nullable(Type.Array(Type.Array(Type.Any())))),
    m0p_multiplicity: Type.Optional(Type.Any()),
  },
  { additionalProperties: false },
);

/** What one item of a role mapping file renders to, in the list that it is the only item of. */
export const HalonRoleItem = Type.Array(
  Type.Object(
    {
      name: Type.String({ minLength: 1 }),
      content: Type.Array(Process, { minItems: 1 }),
    },
    { additionalProperties: false },
  ),
  { minItems: 1, maxItems: 1 },
);

interface TaggedValue {
  readonly tag: string;
  readonly contents?: unknown;
}

interface HalonProcess {
  readonly m0p_endpoint: string;
  readonly m0p_cores: unknown;
  readonly m0p_boot_level: TaggedValue;
  readonly m0p_services: readonly { readonly m0s_type: TaggedValue }[] | null;
  readonly m0p_environment?: readonly (readonly unknown[])[] | null;
  readonly m0p_multiplicity?: unknown;
}

type Kind = Pick<ProcessFields, 'name' | 'unit' | 'type' | 'ownership' | 'boot_level'>;

/** What operators call an m0d process: the most telling of its services, as Mero calls it. */
const serverNames: readonly (readonly [service: string, name: string])[] = [
  ['IOS', 'ioservice'],
  ['MDS', 'mdservice'],
  ['CONFD', 'confd'],
];

const ownershipOf = (value: unknown): string | null => {
  if (value === 'Managed' || value === 'Independent') return value.toLowerCase();
  // Before the two had names, true stood for "not under Halon's control".
  switch (String(value).toLowerCase()) {
    case 'true':
      return 'independent';
    case 'false':
      return 'managed';
    default:
      return null;
  }
};

/** The process type that `m0p_boot_level` stands for, and what follows from it. */
const kindOf = ({ tag, contents }: TaggedValue, services: readonly string[], path: Path): Kind => {
  const at = (value: unknown): Field => ({ value, path });
  switch (tag) {
    case 'PLHalon':
      return {
        name: at('halon'),
        unit: at('m0d'),
        type: at('ha'),
        ownership: at('managed'),
        boot_level: at(0),
      };
    case 'PLM0d': {
      const name = serverNames.find(([service]) => services.includes(service))?.[1] ?? 'm0d';
      const level: Field = { value: contents, path: [...path, 'contents'] };
      return {
        name: at(name),
        unit: at('m0d'),
        type: at('server'),
        ownership: at('managed'),
        boot_level: level,
      };
    }
    case 'PLM0t1fs':
      return {
        name: at('m0t1fs'),
        unit: at('m0t1fs'),
        type: at('filesystem'),
        ownership: at('managed'),
        boot_level: at(2),
      };
    case 'PLClovis': {
      const [name, control] = Array.isArray(contents) ? (contents as readonly unknown[]) : [];
      const ownership = ownershipOf(control);
      if (typeof name !== 'string' || ownership === null) {
        throw new FieldError(
          [...path, 'contents'],
          'expected ["<name>", Managed] or ["<name>", Independent].',
        );
      }
      const named: Field = { value: name, path: [...path, 'contents', 0] };
      return {
        name: named,
        unit: named,
        type: at('client'),
        ownership: at(ownership),
        boot_level: at(3),
      };
    }
    default:
      throw new FieldError(
        [...path, 'tag'],
        `expected one of PLHalon, PLM0d, PLM0t1fs, PLClovis, found ${JSON.stringify(tag)}.`,
      );
  }
};

const environmentOf = (
  entries: readonly (readonly unknown[])[],
  path: Path,
): ProcessFields['environment'] =>
  entries.map((entry, i) => {
    const at = [...path, i];
    const [key, given] = entry;
    const { tag, contents } = (given ?? {}) as Partial<TaggedValue>;
    if (entry.length !== 2 || typeof key !== 'string' || typeof tag !== 'string') {
      throw new FieldError(at, 'expected a list of a name and a map of tag and contents.');
    }
    const inner = [...at, 1, 'contents'];
    if (/^(M0)?PEnvValue$/.test(tag)) {
      // A map would be taken for a range, which has a tag of its own.
      const value = typeof contents === 'object' ? null : contents;
      return { key, entry: { value, path: inner } };
    }
    if (/^(M0)?PEnvRange$/.test(tag)) {
      return { key, entry: { value: { range: contents }, path: inner } };
    }
    throw new FieldError(
      [...at, 1, 'tag'],
      `expected M0PEnvValue or M0PEnvRange, found ${JSON.stringify(tag)}.`,
    );
  });

const serviceName = ({ m0s_type: { tag } }: { readonly m0s_type: TaggedValue }): string =>
  tag.replace(/^CST_/, '');

const halonProcess = (process: HalonProcess, path: Path, errors: FieldErrors): RenderedTemplate => {
  const at = (key: string): Field => ({
    value: (process as unknown as Readonly<Record<string, unknown>>)[key],
    path: [...path, key],
  });
  const services = (process.m0p_services ?? []).map(serviceName);
  return processTemplate(
    {
      ...kindOf(process.m0p_boot_level, services, [...path, 'm0p_boot_level']),
      endpoint: at('m0p_endpoint'),
      ...((process.m0p_multiplicity ?? null) === null
        ? {}
        : { multiplicity: at('m0p_multiplicity') }),
      environment: environmentOf(process.m0p_environment ?? [], [...path, 'm0p_environment']),
      services: { value: services, path: [...path, 'm0p_services'] },
      memory: {
        as: at('m0p_mem_as'),
        rss: at('m0p_mem_rss'),
        stack: at('m0p_mem_stack'),
        memlock: at('m0p_mem_memlock'),
      },
      cores: at('m0p_cores'),
    },
    errors,
  );
};

/**
 * The processes of a rendered role.
 *
 * @param list a value that fits {@link HalonRoleItem}
 * @param errors takes what Halcyon cannot do; where it took something, the result is of no use
 */
export const halonProcesses = (list: unknown, errors: FieldErrors): readonly RenderedTemplate[] => {
  const [role] = list as readonly [{ readonly content: readonly HalonProcess[] }];
  return role.content.flatMap((process, i) => {
    const path = [0, 'content', i];
    return errors.attempt(() => [halonProcess(process, path, errors)], []);
  });
};
