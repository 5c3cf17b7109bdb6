/** What of the fleet whoever asks may see, and what they can ask about. */

import type { FastifyRequest } from 'fastify';
import type { FleetMeta } from '../../contract/fleet.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { expandNodeset, NodesetError, UnknownGroupError } from '../../nodeset/nodeset.ts';
import type { Station } from '../../station/station.ts';
import { ApiError } from '../errors.ts';
import { machinesSeen } from '../sight.ts';
import type { Asked, FleetSurroundings } from './asked.ts';

/** The machines that somebody sees; undefined: all. */
export const seenIn = (
  station: Station,
  request: FastifyRequest,
  then: Graph,
): ReadonlySet<string> | undefined => {
  const rows = machinesSeen(station, request, then);
  return rows && new Set(rows.map(({ fqdn }) => fqdn));
};

export const surroundingsOf = (
  station: Station,
  graph: Graph,
  seen: ReadonlySet<string> | undefined,
): FleetSurroundings => ({
  checks: station.checks.catalogue.all,
  hasMachine: (fqdn) => (seen ? seen.has(fqdn) : graph.get('host', fqdn) !== undefined),
  machines: () => seen ?? Array.from(graph.all('host'), ({ fqdn }) => fqdn),
  nodeset: (text) => expandNodeset(text, station.groups.nodesets.groups),
  // Those for which the batch system has a reason. There may be none, which is no mistake.
  group: (name) =>
    name === 'sinfo' ? new Set(station.groups.scheduled.reasoned) : membersOf(station, name),
});

/** A group of any source, as `savio3` or `slurm:savio3`, with or without its `@`; `*` are all. */
const membersOf = (station: Station, given: string): ReadonlySet<string> => {
  const { groups } = station.groups.nodesets;
  const [, source, name = ''] = /^@?(?:([^:]+):)?(.*)$/s.exec(given) ?? [];
  try {
    return new Set(name === '*' ? groups.all(source) : groups.members(name, source));
  } catch (error) {
    if (error instanceof UnknownGroupError)
      throw new ApiError('unknown-group', error.message, { field: 'groups' });
    if (error instanceof NodesetError)
      throw new ApiError('invalid-request', error.message, { field: 'groups' });
    throw error;
  }
};

type Moment = Omit<FleetMeta, 'shape' | 'columns' | 'checks' | 'fresh'> & {
  readonly fresh?: FleetMeta['fresh'] | undefined;
};

export const metaOf = (
  { orient, shape, columns, checks, hasColumns }: Asked,
  moment: Moment,
): FleetMeta => ({
  version: moment.version,
  revision: moment.revision,
  at: moment.at,
  shape: orient ?? shape,
  total: moment.total,
  columns: columns
    .filter(({ id, type }) => hasColumns || type !== 'check' || checks.some((one) => one.id === id))
    .map(({ id, title, type, description }) => ({ id, title, type, description })),
  checks: checks.map(({ id, parent, title, description, type }) => ({
    ...{ id, title, description, type },
    ...(parent === undefined ? {} : { parent }),
  })),
  next: moment.next,
  ...(moment.fresh ? { fresh: moment.fresh } : {}),
});
