/**
 * What a role is to the core: a source text that a renderer turns into process templates.
 *
 * The core never sees a template language. It is handed a {@link RenderRole} function, so that
 * rendering stays outside and the decision stays pure: same source, same variables, same templates.
 */

/** A JSON value, as it may appear in template variables and overrides. */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Named template variables. */
export type Variables = Readonly<Record<string, Json>>;

/** Where and in which notation a role was written. */
export interface RoleSource {
  readonly name: string;
  /**
   * `native`: Halcyon's own YAML with templates inside scalars; `halon`: text that becomes YAML
   * once rendered.
   */
  readonly format: 'native' | 'halon';
  /** The role's own part of the file, as it stands there. */
  readonly text: string;
  /** The file's name as the operator knows it; for messages only. */
  readonly file: string;
  /** 1-based line of the file on which `text` starts. */
  readonly line: number;
  /** Roles of which every node that gets this one must have one first. */
  readonly requires: readonly string[];
}

/** What a process is for; decides when it starts and who may need it. */
export const processTypes = ['ha', 'server', 'filesystem', 'client'] as const;
export type ProcessType = (typeof processTypes)[number];

/**
 * Who starts and stops a process: Halcyon (`managed`) or somebody else who reports its state
 * (`independent`).
 */
export const ownerships = ['managed', 'independent'] as const;
export type Ownership = (typeof ownerships)[number];

/** Memory limits in bytes; 0 means unlimited. */
export interface MemoryLimits {
  readonly as: number;
  readonly rss: number;
  readonly stack: number;
  readonly memlock: number;
}

/**
 * When a process counts as online: it lives for some seconds, something accepts connections on its
 * port, a page of its answers with success, or it says so itself. A port is `endpoint` (the last
 * segment of the allocated one), a number, or the name of an environment variable that holds it.
 */
export type Readiness =
  | { readonly kind: 'alive'; readonly seconds: number }
  | { readonly kind: 'tcp'; readonly port: string }
  | { readonly kind: 'http'; readonly port: string; readonly path: string }
  | { readonly kind: 'notify' };

/** What holds where a role says nothing. */
export const defaultReadiness: Readiness = { kind: 'alive', seconds: 1 };

/**
 * The part of a rendered template that all its processes share: everything that is not allocated.
 */
export interface ProcessSpec {
  /** What operators call the process, for example `s3server`. */
  readonly name: string;
  /**
   * Prefix of the unit, of the environment file and of the `MERO_…_EP` variable; `name` unless
   * given.
   */
  readonly unit: string;
  readonly type: ProcessType;
  readonly ownership: Ownership;
  /** 0..99; lower levels start first and stop last. */
  readonly boot_level: number;
  readonly memory: MemoryLimits;
  /** One entry a CPU in order, 1 where the process may run, 0 where not; empty means every CPU. */
  readonly cores: readonly number[];
  /** Names of the services the process provides, for example `RMS`. */
  readonly services: readonly string[];
  /** Fixed environment, beside the standard variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Environment whose value is allocated: inclusive bounds, unique within the node. */
  readonly ranges: Readonly<Record<string, readonly [number, number]>>;
  /**
   * Program and arguments of a managed process that its agent executes; empty: the systemd unit
   * `<unit>@<fid>.service`.
   */
  readonly command: readonly string[];
  /** How the agent of a managed process finds out that it is online. */
  readonly ready: Readiness;
}

/** One process template of a role after rendering. */
export interface RenderedTemplate {
  readonly spec: ProcessSpec;
  /** Where allocation of the endpoint starts. */
  readonly endpoint: string;
  /** How many processes to add; 1..10,000. */
  readonly multiplicity: number;
}

/** Why a role could not be rendered. */
export interface RenderProblem {
  readonly code:
    | 'unknown-variable'
    | 'unknown-override'
    | 'multiplicity-fixed'
    | 'invalid-multiplicity'
    | 'template-error';
  /** Complete sentence naming role, variable or field. */
  readonly message: string;
  readonly file: string;
  /** 1-based line in `file`. */
  readonly line: number;
  /** The variable, override or field concerned. */
  readonly name?: string;
}

export type RenderResult =
  | { readonly ok: true; readonly templates: readonly RenderedTemplate[] }
  | { readonly ok: false; readonly problem: RenderProblem };

/**
 * Renders one role for one host.
 *
 * @param variables what is known of the host (`lnid`, `host_mem_as`, …), lowest precedence
 * @param overrides what the declaration or the request gives on top; every key must be used by the
 *   role
 */
export type RenderRole = (
  role: RoleSource,
  variables: Variables,
  overrides: Variables,
) => RenderResult;
