/** Everything the graph may hold, by kind. Rows are immutable: a change puts a new row. */

import type { CredentialRole, retiredRole } from '../values/credential-roles.ts';
import type { DeclaredDevice, DeclaredRole } from '../values/facts.ts';
import type { Fid } from '../values/fid.ts';
import type { HostFacts } from '../values/host-facts.ts';
import type { ActiveStep, RecoveryStep } from '../values/recovery-policy.ts';
import type { Revision } from '../values/revision.ts';
import type { ProcessSpec, RoleSource, Variables } from '../values/roles.ts';
import type { HostState, ProcessState, WantedState } from '../values/states.ts';

/** The commits that made a row and that changed it last. */
export interface Provenance {
  readonly created: Revision;
  readonly changed: Revision;
}

/** A wish and the commit that expressed it. */
export interface Wanted {
  readonly state: WantedState;
  readonly at: Revision;
}

export interface ClusterRow extends Provenance {
  readonly name: string;
  /** What operators want of the cluster; null until it was started or stopped. */
  readonly wanted: Wanted | null;
}

export interface SiteRow extends Provenance {
  readonly name: string;
}

export interface RackRow extends Provenance {
  /** `<site>/<rack>`. */
  readonly id: string;
  readonly site: string;
}

export interface EnclosureRow extends Provenance {
  readonly name: string;
  readonly rack: string;
}

export interface ProjectRow extends Provenance {
  readonly name: string;
}

export interface PoolRow extends Provenance {
  readonly fid: Fid;
  readonly name: string;
  readonly data_units: number;
  readonly parity_units: number;
  /** Bytes. */
  readonly unit_size: number;
  readonly devices: readonly string[];
}

export interface ProfileRow extends Provenance {
  readonly fid: Fid;
  readonly name: string;
  readonly pools: readonly Fid[];
}

export interface RoleRow extends Provenance, RoleSource {}

export interface HostRow extends Provenance {
  readonly fqdn: string;
  readonly state: HostState;
  /** Why it is down; empty otherwise. */
  readonly reason: string;
  /** When `state` last changed, ms since the epoch. */
  readonly since: number;
  readonly enclosure: string | null;
  readonly project: string | null;
  readonly variables: Variables;
  readonly roles: readonly DeclaredRole[];
  /** Names of declared roles whose processes are not allocated yet. */
  readonly pending: readonly string[];
  /** By declared role, how many processes it gave the host; none is told of older logs. */
  readonly allocated?: Readonly<Record<string, number>>;
  /** Why a pending role could not be allocated; empty where there is nothing to say. */
  readonly problem: string;
  readonly devices: readonly DeclaredDevice[];
  readonly facts: HostFacts | null;
  /** Facts name it; absent where it joined by itself, or was declared to a version that did not tell. */
  readonly declared?: true;
  /** It goes with its node. */
  readonly removing: boolean;
  /** Agents of other machines that claimed this name and were refused, oldest first. */
  readonly refused: readonly string[];
}

/** A host that was lost and is not back. */
export interface RecoveryRow extends Provenance {
  readonly host: string;
  /** Attempts made. */
  readonly attempts: number;
  /** No more attempts are made. */
  readonly given_up: boolean;
  /** The steps taken; absent before the first. */
  readonly steps?: {
    readonly taken: number;
    /** The one that is being carried out, and the commit that began it. */
    readonly doing: { readonly begun: Revision; readonly step: ActiveStep } | null;
    /** When the last one ended, or began where it has not ended, ms since the epoch. */
    readonly ended: number;
    /** How the last one ended; empty before. */
    readonly outcome: string;
  };
}

/** The id of what holds for hosts of which nothing else is said. */
export const clusterPolicy = '*';

/** What is done about hosts that are lost. */
export interface PolicyRow extends Provenance {
  /** The host, or `*`. */
  readonly id: string;
  readonly host: string | null;
  readonly steps: readonly RecoveryStep[];
}

export interface ObmRow extends Provenance {
  readonly host: string;
  readonly type: 'ipmi' | 'redfish' | 'dummy';
  readonly address: string;
  readonly secret: string | null;
}

export interface NodeRow extends Provenance {
  readonly fid: Fid;
  readonly host: string;
  readonly wanted: Wanted | null;
  /** It goes with its last process. */
  readonly removing: boolean;
}

export interface SpecRow extends Provenance {
  readonly id: string;
  readonly spec: ProcessSpec;
}

export interface ProcessRow extends Provenance {
  readonly fid: Fid;
  readonly node: Fid;
  readonly role: string;
  readonly spec: string;
  readonly endpoint: string;
  /** The values allocated from the spec's ranges. */
  readonly ranges: Readonly<Record<string, number>>;
  readonly state: ProcessState;
  /** Why it is in that state, where there is a reason; empty otherwise. */
  readonly reason: string;
  /** When the state last changed, ms since the epoch. */
  readonly since: number;
  /** The commit in which the state last changed. */
  readonly moved: Revision;
  readonly wanted: Wanted | null;
  /** It goes once it has ended. */
  readonly removing: boolean;
  /** Counts the orders to start it, so that late reports about older ones are recognised. */
  readonly generation: number;
  /** Attempts since it was last wanted or stable, from 1; 0 before the first. */
  readonly attempt: number;
  /** Process id on its host; null where none is known. */
  readonly pid: number | null;
  /** Seconds for which the owner of an independent process may be silent; null: for ever. */
  readonly lease: number | null;
  /** The runs of an independent process that named themselves, newest first; absent: none did. */
  readonly instances?: readonly string[];
}

export interface ServiceRow extends Provenance {
  readonly fid: Fid;
  readonly process: Fid;
  readonly type: string;
}

/** A process that was removed although it could not be stopped, kept so that who asked is told. */
export interface DepartureRow extends Provenance {
  readonly fid: Fid;
  readonly host: string;
  readonly name: string;
  readonly reason: string;
}

export interface CredentialRow extends Provenance {
  readonly id: string;
  readonly name: string;
  readonly role: CredentialRole | typeof retiredRole;
  /** SHA-256 of the token, hex. The token itself is nowhere. */
  readonly hash: string;
  /** The only host an agent's token may speak for; null: any. */
  readonly host: string | null;
  /** The only process a process's token may see. */
  readonly process: Fid | null;
  /** When it stops working, ms since the epoch; 0: never. */
  readonly expires: number;
}

/** A request that was answered, kept so that a retry gets the same answer. */
export interface RequestRow extends Provenance {
  /** `<actor> <idempotency key>`. */
  readonly id: string;
  readonly fingerprint: string;
}

/** Something that is due at a time. */
export interface DeadlineRow extends Provenance {
  /** `<kind>/<subject>`. */
  readonly id: string;
  readonly kind: DeadlineKind;
  readonly subject: string;
  /** Ms since the epoch. */
  readonly at: number;
}
export const deadlineKinds = [
  'credential-expiry',
  'request-expiry',
  'process-start',
  'process-stop',
  'process-retry',
  'endpoint-cooldown',
  'recovery-attempt',
  'departure-expiry',
  'cluster-advance',
] as const;
export type DeadlineKind = (typeof deadlineKinds)[number];

export interface VarRow extends Provenance {
  readonly name: string;
  readonly value: number;
}

/** Numbers that only grow: the last fid key and the last spec id given out. */
export interface CounterRow extends Provenance {
  readonly name: 'fid' | 'spec';
  readonly value: number;
}

export interface Rows {
  cluster: ClusterRow;
  counter: CounterRow;
  var: VarRow;
  site: SiteRow;
  rack: RackRow;
  enclosure: EnclosureRow;
  project: ProjectRow;
  pool: PoolRow;
  profile: ProfileRow;
  role: RoleRow;
  spec: SpecRow;
  host: HostRow;
  policy: PolicyRow;
  recovery: RecoveryRow;
  obm: ObmRow;
  node: NodeRow;
  process: ProcessRow;
  service: ServiceRow;
  credential: CredentialRow;
  request: RequestRow;
  departure: DepartureRow;
  deadline: DeadlineRow;
}

export type Kind = keyof Rows;

/**
 * The field that identifies a row of each kind. Ordered so that what a row refers to comes before
 * it.
 */
export const keyFields = {
  cluster: 'name',
  counter: 'name',
  var: 'name',
  site: 'name',
  rack: 'id',
  enclosure: 'name',
  project: 'name',
  pool: 'fid',
  profile: 'fid',
  role: 'name',
  spec: 'id',
  host: 'fqdn',
  policy: 'id',
  recovery: 'host',
  obm: 'host',
  node: 'fid',
  process: 'fid',
  service: 'fid',
  credential: 'id',
  request: 'id',
  departure: 'fid',
  deadline: 'id',
} as const satisfies { readonly [K in Kind]: keyof Rows[K] };

export const kinds = Object.keys(keyFields) as readonly Kind[];

/** Bookkeeping that is nobody's business outside: hashes of tokens, answered requests. */
const internalKinds: readonly Kind[] = [
  'credential',
  'request',
  'departure',
  'deadline',
  'counter',
];

/** The kinds that are shown, in order. */
export const shownKinds = kinds.filter((kind) => !internalKinds.includes(kind));
