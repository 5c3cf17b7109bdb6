/** What of the fleet whoever asks may see, and what they can ask about. */

import type { FastifyRequest } from 'fastify';
import type { FleetMeta } from '../../contract/fleet.ts';
import { nearest } from '../../core/values/nearest.ts';
import type { Graph } from '../../core/graph/graph.ts';
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
  group: (name) => (name === 'sinfo' ? drainedIn(station) : unknownGroup(name, ['all', 'sinfo'])),
});

/** Machines for which the batch system has a reason. There may be none, which is no mistake. */
const drainedIn = ({ fleet }: Station): ReadonlySet<string> =>
  new Set(
    fleet
      .now()
      .rows.filter(({ scheduler }) => scheduler !== null && scheduler.reason !== '')
      .map(({ machine }) => machine),
  );

const unknownGroup = (name: string, known: readonly string[]): never => {
  const near = nearest(name, known);
  const meant = near === undefined ? '' : `; did you mean "${near}"?`;
  throw new ApiError('unknown-group', `there is no group "${name}"${meant}`, { field: 'groups' });
};

type Moment = Omit<FleetMeta, 'shape' | 'columns' | 'checks'>;

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
});
