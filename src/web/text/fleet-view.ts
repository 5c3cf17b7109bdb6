/** What somebody looks at of the fleet: all of it stands in the address, so that a link shows the same to others. */

/** The fields of the form, which are parameters of the API by the same names. */
export const viewFields = ['filter', 'groups', 'nodes', 'problems', 'columns', 'sort'] as const;
export type ViewField = (typeof viewFields)[number];

/** What is absent is not asked for. */
export type FleetView = { readonly [F in ViewField | 'cursor']?: string };

/** Machines on a page. */
export const pageRows = 200;

/** The address of a view, from the folder of the pages. */
export const fleetAddress = (view: FleetView): string => {
  const said = new URLSearchParams();
  for (const field of [...viewFields, 'cursor'] as const) {
    const value = view[field];
    if (value !== undefined) said.set(field, value);
  }
  return said.size === 0 ? 'fleet' : `fleet?${said.toString()}`;
};

/** The same machines by another change, from the first page on. */
export const changed = (
  view: FleetView,
  change: { readonly [F in ViewField]?: string | null },
): string => {
  const { cursor: _, ...kept } = view;
  const said = Object.entries({ ...kept, ...change }).filter(([, value]) => value !== null);
  return fleetAddress(Object.fromEntries(said));
};

export const machineAddress = (fqdn: string): string =>
  `machines/${encodeURIComponent(fqdn.toWellFormed())}`;

/** The place of the first row of a page in the list, from 0. A cursor ends with it. */
export const placeOf = ({ cursor }: FleetView): number =>
  Number(/\.(\d{1,9})$/.exec(cursor ?? '')?.[1] ?? 0);
