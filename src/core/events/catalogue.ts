/** Every event type there is or ever was, and how a record of the log is read. */

import type { Static } from 'typebox';
import { campaignEvents } from './campaigns.ts';
import { checkEvents } from './checks.ts';
import { clusterEvents } from './cluster.ts';
import type { EventRecord } from './commit.ts';
import { consoleConnectionEvents } from './console-connections.ts';
import { credentialEvents } from './credentials.ts';
import type { EventDefinition } from './define.ts';
import { grantEvents } from './grants.ts';
import { hostReturnEvents } from './host-return.ts';
import { hostEvents } from './hosts.ts';
import { maintenanceEvents } from './maintenance.ts';
import { noteEvents } from './notes.ts';
import { obmNewsEvents } from './obm-news.ts';
import { obmOrderEvents } from './obm-orders.ts';
import { obmEvents } from './obms.ts';
import { procedureEvents } from './procedures.ts';
import { policyEvents } from './policy.ts';
import { processEvents } from './processes.ts';
import { projectEvents } from './projects.ts';
import { rebootEvents } from './reboots.ts';
import { recoveryEvents } from './recovery.ts';
import { removalEvents } from './removal.ts';
import { requestEvents } from './requests.ts';
import { stationEvents } from './stations.ts';
import { userEvents } from './users.ts';
import { wantedEvents } from './wanted.ts';

export const catalogue = {
  ...clusterEvents,
  ...hostEvents,
  ...recoveryEvents,
  ...maintenanceEvents,
  ...processEvents,
  ...wantedEvents,
  ...removalEvents,
  ...policyEvents,
  ...userEvents,
  ...credentialEvents,
  ...grantEvents,
  ...projectEvents,
  ...obmEvents,
  ...obmOrderEvents,
  ...procedureEvents,
  ...campaignEvents,
  ...rebootEvents,
  ...consoleConnectionEvents,
  ...obmNewsEvents,
  ...checkEvents,
  ...noteEvents,
  ...hostReturnEvents,
  ...stationEvents,
  ...requestEvents,
};

export type EventType = keyof typeof catalogue;
export type EventData<T extends EventType> = Static<(typeof catalogue)[T]['schema']>;

/** An event before it is part of a commit. */
export type EventDraft = {
  [T in EventType]: { readonly type: T; readonly data: EventData<T> };
}[EventType];
export type EventOf<T extends EventType> = Extract<EventDraft, { type: T }>;

/** The log holds an event that this version does not understand and must not skip. */
export class UnknownEventError extends Error {
  readonly code = 'unknown-event';
  constructor(message: string) {
    super(message);
    this.name = 'UnknownEventError';
  }
}

/** What is known of event types, by name. */
export type Catalogue = Readonly<Record<string, EventDefinition | undefined>>;

const everything = catalogue as unknown as Catalogue;

export const definitionOf = (type: EventType): EventDefinition => everything[type]!;

/**
 * The event of a record in today's shape.
 *
 * @param known the event types of this program, unless it reads as another one would
 * @returns null for a record of an unknown type that may be skipped
 * @throws {UnknownEventError} the type is unknown, or this program does not know its version
 */
export const readEvent = (
  { type, v, data, ignorable }: EventRecord,
  known: Catalogue = everything,
): EventDraft | null => {
  const definition = Object.hasOwn(known, type) ? known[type] : undefined;
  if (!definition) {
    if (ignorable) return null;
    throw new UnknownEventError(
      `the log holds an event ${type}, which this version does not know; a newer version wrote it`,
    );
  }
  const { version, upcast } = definition;
  if (!Number.isInteger(v) || v < 1 || v > version)
    throw new UnknownEventError(
      `the log holds version ${v} of ${type}; this version reads 1 to ${version}`,
    );
  let present = data;
  for (let older = v; older < version; older += 1) present = upcast[older]!(present as never);
  return { type, data: present } as EventDraft;
};

/**
 * The record of an event as it goes into the log.
 *
 * @throws {TypeError} the data does not fit the schema: a bug in the command or rule that made it
 */
export const writeEvent = (draft: EventDraft, cause?: number, rule?: string): EventRecord => {
  const definition = definitionOf(draft.type);
  const wrong = definition.check(draft.data);
  if (wrong !== null) throw new TypeError(`${draft.type}: ${wrong}`);
  return {
    type: draft.type,
    v: definition.version,
    data: draft.data,
    ...(cause === undefined ? {} : { cause }),
    ...(rule === undefined ? {} : { rule }),
    ...(definition.ignorable ? { ignorable: true as const } : {}),
  };
};
