/** By what the machines stand together on the map. */

import type { FleetRow } from '../../../../checks/view/row.ts';
import { useAnswer } from '../../state/answer.ts';
import { station } from '../../state/station.ts';

export interface Grouping {
  readonly id: string;
  readonly title: string;
}

const own: readonly (Grouping & { readonly of: (row: FleetRow) => string })[] = [
  { id: 'enclosure', title: 'enclosure', of: ({ enclosure }) => enclosure ?? '' },
  { id: 'role', title: 'role', of: ({ roles }) => roles.join(', ') },
  { id: 'project', title: 'project', of: ({ project }) => project ?? '' },
  {
    id: 'partition',
    title: 'partition',
    of: ({ scheduler }) => scheduler?.partitions.join(', ') ?? '',
  },
  { id: 'state', title: 'state', of: ({ state }) => state },
  { id: 'none', title: 'nothing', of: () => '' },
];

const sourceOf = (id: string): string | undefined => /^groups:(.+)$/s.exec(id)?.[1];

/** The choices there are, and the name of the group of each machine by the one that was chosen. */
export const useGrouping = (
  chosen: string,
): {
  readonly choices: readonly Grouping[];
  readonly nameOf: (row: FleetRow) => string;
  readonly error: unknown;
} => {
  const sources = useAnswer('sources of groups', async (signal) =>
    (await station.listGroups({ signal })).sources.map(({ name }) => name),
  );
  const source = sourceOf(chosen);
  const members = useAnswer(source === undefined ? null : `groups of ${source}`, async (signal) => {
    const { items } = await station.listGroups({ signal, source: source!, expand: true });
    const groups = new Map<string, string>();
    // Whoever is in several stands with the first.
    for (const { name, nodes = [] } of items)
      for (const node of nodes) if (!groups.has(node)) groups.set(node, name);
    return groups;
  });
  const choices = [
    ...own.map(({ id, title }) => ({ id, title })),
    ...(sources.data ?? []).map((name) => ({ id: `groups:${name}`, title: `groups of ${name}` })),
  ];
  const of = own.find(({ id }) => id === chosen)?.of;
  return {
    choices,
    nameOf: of ?? (({ machine }) => members.data?.get(machine) ?? ''),
    error: members.error ?? (source === undefined ? undefined : sources.error),
  };
};
