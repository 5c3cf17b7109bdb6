/**
 * The status of a cluster as a tree that people read and programs can take apart: on every line of
 * the tree the state stands in brackets with a blank on both sides, so that its words are always
 * `[`, state, `]`, fid, and the rest.
 */

import type { Status, StatusHost, StatusProcess } from '../../client/types.ts';
import { paintState } from './colour.ts';
import type { Palette } from './colour.ts';
import { maintenanceLine } from './maintenance.ts';
import { recoveryLine } from './recovery.ts';
import { counted, formatTime, printable } from './text.ts';

/** The longest words for states have 9 letters. */
const stateWidth = 10;
const fidWidth = 24;
const noFid = '-';

const countsOf = (counts: Readonly<Record<string, number>>): string => {
  const present = Object.entries(counts).filter(([, count]) => count > 0);
  const total = present.reduce((sum, [, count]) => sum + count, 0);
  if (present.length === 0) return 'none';
  return `${total} (${present.map(([state, count]) => `${count} ${state}`).join(', ')})`;
};

/** A host that is down says since when. */
const downReason = ({ state, reason, since }: StatusHost): string =>
  state === 'down' ? `${reason}, down since ${formatTime(since)}` : reason;

/** `s3server (2 of 4 declared processes are there)`. */
export const missingText = (missing: StatusHost['missing']): string =>
  missing
    .map(({ role, declared, present }) =>
      declared === null || present === 0
        ? `${role} (none of its processes is there)`
        : `${role} (${present} of ${counted(declared, 'declared process')} there)`,
    )
    .join(', ');

const named = ({ fid, name }: { fid: string; name: string }): string =>
  `${fid} "${printable(name)}"`;

function* header(status: Status, palette: Palette): Generator<string> {
  const { cluster, revision, at, profile, pools, counts } = status;
  yield `Cluster ${palette.strong(printable(cluster ?? noFid))}, revision ${revision}, ${formatTime(at)}`;
  if (profile !== null) yield `  profile:    ${named(profile)}`;
  for (const pool of pools) yield `  pool:       ${named(pool)}`;
  yield `  hosts:      ${countsOf(counts.hosts)}`;
  yield `  processes:  ${countsOf(counts.processes)}`;
}

/** The lines of a status. A large cluster has many: they come one by one. */
export function* statusTree(status: Status, palette: Palette): Generator<string> {
  yield* header(status, palette);
  if (status.hosts.length === 0) return;

  const fids = status.hosts.flatMap(({ node, processes }) => [
    node ?? noFid,
    ...processes.flatMap(({ fid, services }) => [fid, ...services.map((service) => service.fid)]),
  ]);
  const column = fids.reduce((widest, fid) => Math.max(widest, fid.length), fidWidth);

  const line = (state: string, fid: string, depth: number, text: string): string => {
    const word = paintState(palette, state, state.padStart(stateWidth));
    return `  [${word} ] ${fid.padEnd(column)} ${'  '.repeat(depth)}${printable(text)}`;
  };
  const note = (name: string, text: string): string[] =>
    text === '' ? [] : [`${' '.repeat(stateWidth + 6)}${name}: ${printable(text)}`];

  function* processLines(process: StatusProcess): Generator<string> {
    const { fid, state, endpoint, name, ownership, services } = process;
    const owner = ownership === 'independent' ? ' (independent)' : '';
    yield line(state, fid, 1, `${endpoint} ${name}${owner}`);
    yield* note('Extended state', process.reason);
    for (const service of services) yield line(service.state, service.fid, 2, service.type);
  }
  function* hostLines(host: StatusHost): Generator<string> {
    yield line(host.state, host.node ?? noFid, 0, host.fqdn);
    yield* note('Extended state', downReason(host));
    yield* note('Maintenance', maintenanceLine(host.maintenance));
    yield* note('Recovery', recoveryLine(host.recovery));
    yield* note('Waiting', host.problem.replace(/^waiting for /i, 'for '));
    yield* note('Missing', missingText(host.missing));
    for (const process of host.processes) yield* processLines(process);
  }

  yield '';
  yield 'Hosts:';
  for (const host of status.hosts) yield* hostLines(host);
}
