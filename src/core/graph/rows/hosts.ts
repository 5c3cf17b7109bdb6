/** Hosts, their managers, and what is done about those that are lost. */

import type { DeclaredDevice, DeclaredRole } from '../../values/facts.ts';
import type { HostFacts } from '../../values/host-facts.ts';
import type { ActiveStep, RecoveryStep } from '../../values/recovery-policy.ts';
import type { Revision } from '../../values/revision.ts';
import type { Variables } from '../../values/roles.ts';
import type { HostState } from '../../values/states.ts';
import { shown } from './row.ts';
import type { Provenance } from './row.ts';

export interface HostRow extends Provenance {
  readonly fqdn: string;
  readonly state: HostState;
  /** Why it is down; empty otherwise. */
  readonly reason: string;
  /** When `state` last changed, ms since the epoch. */
  readonly since: number;
  readonly enclosure: string | null;
  readonly project: string | null;
  /** The commit that lent it to its project; absent in logs of versions that did not tell, and of a free one. */
  readonly lent?: Revision;
  /** An operator attached it to its project, whatever facts say; absent: facts did, or it is free. */
  readonly attached?: true;
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
  /** Names that it had, oldest first, and the commits that took them; absent: none. */
  readonly formerly?: readonly { readonly name: string; readonly until: Revision }[];
  /** Agents of other machines that claimed this name and were refused, oldest first. */
  readonly refused: readonly string[];
}

/** The commit that gave a host its name; before it, that name was another host's, or none's. */
export const namedAt = ({ formerly, created }: HostRow): Revision =>
  formerly?.at(-1)?.until ?? created;

/** The id of what holds for hosts of which nothing else is said. */
export const clusterPolicy = '*';

/** What is done about hosts that are lost. */
export interface PolicyRow extends Provenance {
  /** The host, or `*`. */
  readonly id: string;
  readonly host: string | null;
  readonly steps: readonly RecoveryStep[];
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

export interface ObmRow extends Provenance {
  readonly host: string;
  readonly type: 'ipmi' | 'redfish' | 'dummy';
  readonly address: string;
  readonly secret: string | null;
}

/** A host that somebody works on. */
export interface MaintenanceRow extends Provenance {
  readonly host: string;
  readonly reason: string;
  /** Who has said so. */
  readonly by: string;
  readonly since: number;
  /** When it ends by itself, ms since the epoch; null: when somebody says so. */
  readonly until: number | null;
}

export const hostRows = {
  host: shown<HostRow>('fqdn'),
  policy: shown<PolicyRow>('id'),
  recovery: shown<RecoveryRow>('host'),
  obm: shown<ObmRow>('host'),
  maintenance: shown<MaintenanceRow>('host'),
};
