/** What facts say of projects. What an operator attached stays as it is; facts lend the other machines. */

import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { HostRow } from '../graph/rows/hosts.ts';
import { isObmEnabled } from '../lifecycle/obm.ts';
import type { Declaration, DeclaredHost } from '../values/facts.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';
import { lackOfProjects } from './room.ts';

/** The project that a host is in after the load. */
export const projectOf = (row: HostRow | undefined, declared: string | null): string | null =>
  row?.attached ? row.project : declared;

/** Projects that facts name and nobody has made yet. */
export const newProjects = (graph: Graph, { hosts }: Declaration): string[] =>
  [...new Set(hosts.flatMap(({ project }) => project ?? []))].filter(
    (name) => !graph.get('project', name),
  );

/** Why a machine cannot be lent as facts say; undefined where all can. */
export const lendingRefused = (graph: Graph, declaration: Declaration): Refused | undefined => {
  for (const host of declaration.hosts) {
    const refused = hostRefused(graph, host);
    if (refused) return refused;
  }
  return lackOfProjects(graph, newProjects(graph, declaration).length);
};

const hostRefused = (graph: Graph, { fqdn, project }: DeclaredHost): Refused | undefined => {
  const row = graph.get('host', fqdn);
  if (!row || row.project === project) return undefined;
  if (row.attached)
    return project === null
      ? undefined
      : reject(
          'machine-lent',
          `facts lend ${fqdn} to ${project}, and it is attached to ${row.project}; detach it first, or leave the project out`,
          { subject: fqdn },
        );
  return isObmEnabled(graph, fqdn)
    ? reject(
        'obm-enabled',
        `facts take ${fqdn} out of its project while its OBM is enabled; disable it first`,
        { subject: fqdn },
      )
    : undefined;
};

/** What a host's new project means for who has it. */
export const lendingEvents = (
  row: HostRow | undefined,
  fqdn: string,
  project: string | null,
): EventDraft[] => {
  const before = row?.project ?? null;
  if (before === project) return [];
  const events: EventDraft[] = [];
  if (before !== null) events.push({ type: 'MachineDetached', data: { fqdn, project: before } });
  if (project !== null)
    events.push({ type: 'MachineAttached', data: { fqdn, project, declared: true } });
  return events;
};
