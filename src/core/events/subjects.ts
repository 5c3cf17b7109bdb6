/** What an event is about. */

import type { EventRecord } from './commit.ts';

/** Goes up with every change of `subjectsOf`: what was indexed by another one is indexed anew. */
export const subjectsVersion = 2;

/**
 * What an event's own fields name: `fid`, `fqdn`, `name`, …, but not what it merely refers to. The
 * event is taken as it is in the log, of whatever version.
 */
export const subjectsOf = ({ type, data }: EventRecord): string[] => {
  const fields = data as Record<string, unknown>;
  if (type === 'HostRenamed') return [fields['from'], fields['to']].filter(isText);
  const subject = fields['fid'] ?? fields['fqdn'] ?? fields['name'] ?? fields['id'];
  const subjects = type === 'ObmDeclared' ? [subject, fields['host']] : [subject];
  return subjects.filter(isText);
};

const isText = (value: unknown): value is string => typeof value === 'string';
