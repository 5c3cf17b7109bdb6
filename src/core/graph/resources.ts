/** Everything the graph may hold, by kind. Rows are immutable: a change puts a new row. */

import { campaignRows } from './rows/campaigns.ts';
import { checkRows } from './rows/checks.ts';
import { clusterRows } from './rows/cluster.ts';
import { credentialRows } from './rows/credentials.ts';
import { deadlineRows } from './rows/deadlines.ts';
import { departureRows } from './rows/departures.ts';
import { grantRows } from './rows/grants.ts';
import { hostRows } from './rows/hosts.ts';
import { noteRows } from './rows/notes.ts';
import { obmRows } from './rows/obms.ts';
import { observationRows } from './rows/observations.ts';
import { procedureRows } from './rows/procedures.ts';
import { rulebookRows } from './rows/policy.ts';
import { processRows } from './rows/processes.ts';
import { requestRows } from './rows/requests.ts';
import { roleRows } from './rows/roles.ts';
import { stationRows } from './rows/stations.ts';
import { userRows } from './rows/users.ts';

/** Ordered so that what a row refers to comes before it. */
const rowKinds = {
  ...clusterRows,
  ...stationRows,
  ...roleRows,
  ...hostRows,
  ...obmRows,
  ...procedureRows,
  ...campaignRows,
  ...observationRows,
  ...checkRows,
  ...noteRows,
  ...processRows,
  ...rulebookRows,
  ...userRows,
  ...credentialRows,
  ...grantRows,
  ...requestRows,
  ...departureRows,
  ...deadlineRows,
};

type RowKinds = typeof rowKinds;

export type Kind = keyof RowKinds;
export type Rows = { [K in Kind]: NonNullable<RowKinds[K]['row']> };

/** The kinds that outputs may show; of the others none can ask. */
export type ShownKind = {
  [K in Kind]: RowKinds[K]['isInternal'] extends false ? K : never;
}[Kind];

export const kinds = Object.keys(rowKinds) as readonly Kind[];

/** The field that identifies a row of each kind. */
export const keyFields = Object.fromEntries(
  kinds.map((kind) => [kind, rowKinds[kind].key]),
) as Readonly<Record<Kind, string>>;

/** The key a row is found under. */
export const keyOf = <K extends Kind>(kind: K, row: Rows[K]): string =>
  (row as unknown as Record<string, string>)[keyFields[kind]]!;

export const isShown = (kind: Kind): kind is ShownKind => !rowKinds[kind].isInternal;

/** The kinds that are shown, in order. */
export const shownKinds = kinds.filter(isShown);
