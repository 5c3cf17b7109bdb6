/** What an event is about. */

import type { EventRecord } from './commit.ts';

/** Goes up with every change of what commits are found by: what was indexed by another one is indexed anew. */
export const subjectsVersion = 8;

/**
 * What an event's own fields name: `fid`, `fqdn`, `name`, …, but not what it merely refers to. The
 * event is taken as it is in the log, of whatever version.
 */
export const subjectsOf = ({ type, data }: EventRecord): string[] => {
  const fields = data as Record<string, unknown>;
  if (type === 'HostRenamed') return [fields['from'], fields['to']].filter(isText);
  const subject = fields['fid'] ?? fields['fqdn'] ?? fields['name'] ?? fields['id'];
  const about = stationsIn(type, fields['station']);
  return [subject, ...about, ...(others[type] ?? []).map((name) => fields[name])].filter(isText);
};

/** A station may be called like a host, which is another thing: its name stands with its kind. */
const stationsIn = (type: string, station: unknown): string[] => {
  if (!type.startsWith('Station') || !isText(station)) return [];
  const itself = `station/${station}`;
  return type === 'StationAdded' ? [itself] : [itself, 'leadership/leadership'];
};

/** Events that are about more than one thing, and the fields that name the others. */
const others: Readonly<Record<string, readonly string[]>> = {
  ObmDeclared: ['host'],
  CredentialIssued: ['id', 'user'],
  GrantGiven: ['credential'],
  GrantUsed: ['id', 'credential'],
  MachineAttached: ['project'],
  MachineDetached: ['project'],
  ProjectJoined: ['project', 'token'],
  ProjectLeft: ['project', 'token'],
};

const isText = (value: unknown): value is string => typeof value === 'string';
