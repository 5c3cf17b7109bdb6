/**
 * From the rendered fields of a process, in either format's words, to a checked process template.
 */

import { parseEndpoint } from '../core/values/endpoint.ts';
import { defaultReadiness, ownerships, processTypes } from '../core/values/roles.ts';
import type {
  MemoryLimits,
  ProcessSpec,
  ProcessType,
  Readiness,
  RenderedTemplate,
  RenderProblem,
} from '../core/values/roles.ts';
import { didYouMean } from './problem.ts';
import type { Path } from './problem.ts';
import { parseSize } from './sizes.ts';

/** A rendered value, and where in its document it stands. */
export interface Field {
  readonly value: unknown;
  readonly path: Path;
}

/**
 * A process as either format gives it. Absent optional fields take the defaults of the native
 * format.
 */
export interface ProcessFields {
  readonly name: Field;
  readonly unit?: Field;
  readonly type?: Field;
  readonly ownership?: Field;
  readonly boot_level?: Field;
  readonly endpoint: Field;
  readonly multiplicity?: Field;
  /** Keys may come twice; that is found here. */
  readonly environment: readonly { readonly key: string; readonly entry: Field }[];
  readonly services?: Field;
  readonly memory: Readonly<Partial<Record<keyof MemoryLimits, Field>>>;
  readonly cores?: Field;
  readonly command?: Field;
  readonly ready?: Field;
}

/** A field that does not hold what it must. */
export class FieldError extends Error {
  readonly path: Path;
  readonly code: RenderProblem['code'];

  constructor(path: Path, message: string, code: RenderProblem['code'] = 'template-error') {
    super(message);
    this.path = path;
    this.code = code;
  }
}

/** Collects what is wrong, so that one error does not hide the others. */
export class FieldErrors {
  readonly all: FieldError[] = [];

  /** What `work` returns, or `otherwise` where it finds a field wrong. */
  attempt<T>(work: () => T, otherwise: T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      this.all.push(error);
      return otherwise;
    }
  }
}

export const maxMultiplicity = 10_000;
const maxBootLevel = 99;
export const namePattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$';
export const environmentName = '^[A-Za-z_][A-Za-z0-9_]*$';

const bootLevels: Readonly<Record<ProcessType, number>> = {
  ha: 0,
  server: 1,
  filesystem: 2,
  client: 3,
};

const show = (value: unknown): string =>
  value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80);

const expected = ({ value, path }: Field, what: string): FieldError =>
  new FieldError(path, `expected ${what}, found ${show(value)}.`);

/** A whole number, also as the text that a template makes of one. */
const integerOf = (value: unknown): number | null => {
  const number = typeof value === 'string' && /^-?[0-9]{1,16}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) ? (number as number) : null;
};

const integer = (field: Field, min: number, max: number): number => {
  const number = integerOf(field.value);
  if (number === null || number < min || number > max) {
    throw expected(field, `a whole number of ${min} to ${max}`);
  }
  return number;
};

const oneOf = <T extends string>(field: Field, allowed: readonly T[]): T => {
  const found = allowed.find((value) => value === field.value);
  if (found !== undefined) return found;
  const near = typeof field.value === 'string' ? didYouMean(field.value, allowed) : '';
  throw new FieldError(
    field.path,
    `expected one of ${allowed.join(', ')}, found ${show(field.value)}.${near}`,
  );
};

const name = (field: Field): string => {
  if (typeof field.value === 'string' && new RegExp(namePattern).test(field.value)) {
    return field.value;
  }
  throw expected(field, 'a name of letters, digits, dots, dashes and underscores');
};

/** How many processes, if it is a number of which there can be so many. */
export const multiplicityOf = (value: unknown): number | null => {
  const number = integerOf(value);
  return number !== null && number >= 1 && number <= maxMultiplicity ? number : null;
};

const multiplicity = (field: Field): number => {
  const number = multiplicityOf(field.value);
  if (number !== null) return number;
  throw new FieldError(
    field.path,
    `expected a whole number of 1 to ${maxMultiplicity}, found ${show(field.value)}.`,
    'invalid-multiplicity',
  );
};

const endpoint = (field: Field): string => {
  if (typeof field.value === 'string' && parseEndpoint(field.value)) return field.value;
  const wrong = expected(
    field,
    'an endpoint, <nid>:<pid>:<portal>:<tmid> with a tmid of 0 to 4095 or <host>:<port>',
  );
  // Its first colon is one of the address: an IPv6 address, which LNet does not know.
  if (typeof field.value === 'string' && /^[^@]*:[^@]*@/.test(field.value))
    wrong.message +=
      ' LNet has no IPv6 addresses: start the agent with --lnid, or set the variable lnid of the host.';
  throw wrong;
};

/** Bytes. Mero writes "unlimited" as 2^64 - 1; whatever no machine can hold means the same. */
const size = (field: Field | undefined): number => {
  if (!field) return 0;
  const text = typeof field.value === 'string' ? field.value.trim() : field.value;
  const huge = typeof text === 'string' && /^[0-9]+$/.test(text) ? Number(text) : text;
  if (typeof huge === 'number' && huge > Number.MAX_SAFE_INTEGER) return 0;
  const bytes = parseSize(text);
  if (bytes === null) throw expected(field, 'bytes or a size such as 16GiB');
  return bytes;
};

const cores = (field: Field): readonly number[] => {
  if (field.value === 'all' || field.value === null) return [];
  if (!Array.isArray(field.value)) throw expected(field, '"all" or a list with an entry a CPU');
  const bitmap = field.value.map((value: unknown, i) =>
    integer({ value, path: [...field.path, i] }, 0, Number.MAX_SAFE_INTEGER) > 0 ? 1 : 0,
  );
  if (bitmap.length > 0 && !bitmap.includes(1)) {
    throw new FieldError(field.path, 'no CPU is left: at least one entry must be above 0.');
  }
  return bitmap;
};

const texts = (field: Field, pattern: string, what: string): readonly string[] => {
  if (field.value === null) return [];
  if (!Array.isArray(field.value)) throw expected(field, `a list of ${what}s`);
  return field.value.map((value: unknown, i) => {
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text === 'string' && new RegExp(pattern).test(text)) return text;
    throw expected({ value, path: [...field.path, i] }, `a ${what}`);
  });
};

const services = (field: Field): readonly string[] =>
  texts(field, '^[A-Z][A-Z0-9_]*$', 'service name such as RMS');

const command = (field: Field): readonly string[] =>
  texts(field, '^[^\\0]*$', 'program or argument');

const portName = /^(endpoint|[1-9][0-9]{0,4}|[A-Za-z_][A-Za-z0-9_]*)$/;

/** `notify`, `{alive: seconds}`, `{tcp: port}` or `{http: path, port: port}`. */
const readiness = (field: Field): Readiness => {
  const { value, path } = field;
  if (value === 'notify') return { kind: 'notify' };
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const port = (of: unknown): string => {
    const name = typeof of === 'number' ? String(of) : (of ?? 'endpoint');
    if (typeof name === 'string' && portName.test(name)) return name;
    throw expected(field, 'a port: a number, endpoint, or the name of an environment variable');
  };
  if ('alive' in given)
    return {
      kind: 'alive',
      seconds: integer({ value: given['alive'], path: [...path, 'alive'] }, 0, 3600),
    };
  if ('tcp' in given) return { kind: 'tcp', port: port(given['tcp']) };
  if (typeof given['http'] === 'string' && given['http'].startsWith('/'))
    return { kind: 'http', port: port(given['port']), path: given['http'] };
  throw expected(field, '"notify", {alive: seconds}, {tcp: port} or {http: "/path", port: port}');
};

const fixedValue = (field: Field): string => {
  const { value, path } = field;
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw expected(field, 'text, a number or {range: [from, to]}');
  }
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    throw expected(field, 'a number that can be kept exactly, or text');
  const text = String(value);
  // systemd's EnvironmentFile and a POSIX shell do not read a line break in the same way.
  if (/[\0\r\n]/.test(text)) {
    throw new FieldError(
      path,
      'a value must be one line: systemd and shells read line breaks differently.',
    );
  }
  return text;
};

const range = (from: Field, to: Field, path: Path): readonly [number, number] => {
  const bounds = [
    integer(from, 0, Number.MAX_SAFE_INTEGER),
    integer(to, 0, Number.MAX_SAFE_INTEGER),
  ] as const;
  if (bounds[0] <= bounds[1]) return bounds;
  throw new FieldError(path, `the range ends (${bounds[1]}) before it begins (${bounds[0]}).`);
};

const asRange = ({ value, path }: Field): readonly [number, number] | null => {
  if (typeof value !== 'object' || value === null || !('range' in value)) return null;
  const inner = [...path, 'range'];
  if (!Array.isArray(value.range) || value.range.length !== 2) {
    throw expected({ value: value.range, path: inner }, 'a range [from, to]');
  }
  const [from, to] = value.range as readonly unknown[];
  return range({ value: from, path: [...inner, 0] }, { value: to, path: [...inner, 1] }, inner);
};

/** The variables that every configuration has; a role cannot set them. */
const standardNames = (unit: string): ReadonlySet<string> =>
  new Set([
    `MERO_${unit.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_EP`,
    'MERO_HA_EP',
    'MERO_PROFILE_FID',
    'MERO_PROCESS_FID',
    'MERO_CONF_XC',
  ]);

const environment = (
  fields: ProcessFields['environment'],
  unit: string,
  errors: FieldErrors,
): Pick<ProcessSpec, 'environment' | 'ranges'> => {
  const standard = standardNames(unit);
  const values = new Map<string, string>();
  const ranges = new Map<string, readonly [number, number]>();
  const add = (key: string, entry: Field): void => {
    if (!new RegExp(environmentName).test(key)) {
      throw new FieldError(
        entry.path,
        `${show(key)} is not a legal name of an environment variable.`,
      );
    }
    if (standard.has(key)) {
      throw new FieldError(entry.path, `"${key}" is set by the cluster; a role cannot set it.`);
    }
    if (values.has(key) || ranges.has(key)) {
      throw new FieldError(entry.path, `"${key}" is given twice.`);
    }
    const bounds = asRange(entry);
    if (bounds) ranges.set(key, bounds);
    else values.set(key, fixedValue(entry));
  };
  for (const { key, entry } of fields) errors.attempt(() => add(key, entry), undefined);
  return { environment: Object.fromEntries(values), ranges: Object.fromEntries(ranges) };
};

const limits = (memory: ProcessFields['memory'], errors: FieldErrors): MemoryLimits => {
  const limit = (key: keyof MemoryLimits): number => errors.attempt(() => size(memory[key]), 0);
  return { as: limit('as'), rss: limit('rss'), stack: limit('stack'), memlock: limit('memlock') };
};

/**
 * Checks the fields of a process and fills in what is absent.
 *
 * @param errors takes what does not hold what it must; where it took something, the result is of no
 *   use
 */
export const processTemplate = (fields: ProcessFields, errors: FieldErrors): RenderedTemplate => {
  const read = <T>(field: Field | undefined, as: (field: Field) => T, otherwise: T): T =>
    field ? errors.attempt(() => as(field), otherwise) : otherwise;
  const processName = read(fields.name, name, '');
  const unit = read(fields.unit, name, processName);
  const type = read(fields.type, (field) => oneOf(field, processTypes), 'client');
  const spec: ProcessSpec = {
    name: processName,
    unit,
    type,
    ownership: read(fields.ownership, (field) => oneOf(field, ownerships), 'managed'),
    boot_level: read(
      fields.boot_level,
      (field) => integer(field, 0, maxBootLevel),
      bootLevels[type],
    ),
    memory: limits(fields.memory, errors),
    cores: read(fields.cores, cores, []),
    services: read(fields.services, services, []),
    ...environment(fields.environment, unit, errors),
    command: read(fields.command, command, []),
    ready: read(fields.ready, readiness, defaultReadiness),
  };
  return {
    spec,
    endpoint: read(fields.endpoint, endpoint, ''),
    multiplicity: read(fields.multiplicity, multiplicity, 1),
  };
};
