/** What somebody looks at of the fleet: all of it stands in the address, so that a link shows the same to others. */

/** Parameters of the address; those of the API by the same names. What is absent is not asked for. */
export interface FleetView {
  readonly filter?: string;
  readonly groups?: string;
  readonly nodes?: string;
  readonly problems?: true;
  readonly columns?: string;
  readonly sort?: string;
  /** A revision or a time. */
  readonly at?: string;
  /** Of the map: by what machines stand together. */
  readonly by?: string;
}

const texts = ['filter', 'groups', 'nodes', 'columns', 'sort', 'at', 'by'] as const;

export const viewIn = (query: URLSearchParams): FleetView => {
  const said = texts.flatMap((name) => {
    const value = query.get(name)?.trim() ?? '';
    return value === '' ? [] : [[name, value]];
  });
  return {
    ...(Object.fromEntries(said) as FleetView),
    ...(query.get('problems') === 'true' ? { problems: true } : {}),
  };
};

/** The address of a view, below the folder of the page. */
export const fleetPath = (view: FleetView, page: 'fleet' | 'map' = 'fleet'): string => {
  const query = new URLSearchParams();
  for (const name of texts) {
    const value = view[name];
    if (value !== undefined) query.set(name, value);
  }
  if (view.problems) query.set('problems', 'true');
  return `/${page}${query.size === 0 ? '' : `?${query.toString()}`}`;
};

/** The words that show the same on a terminal. */
export const statusCommand = (view: FleetView): readonly string[] => [
  ...['halctl', 'status'],
  ...(view.nodes === undefined ? [] : [view.nodes]),
  ...(view.groups?.split(',').flatMap((name) => ['--group', name.trim()]) ?? []),
  ...(view.filter === undefined ? [] : ['--filter', view.filter]),
  ...(view.problems ? ['--problems'] : []),
  ...(view.columns === undefined ? [] : ['--columns', view.columns]),
  // It may begin with a dash.
  ...(view.sort === undefined ? [] : [`--sort=${view.sort}`]),
  ...(view.at === undefined ? [] : ['--at', view.at]),
];

/** A value of a filter, quoted where it has to be. */
export const filterValue = (value: string): string =>
  /^[\w./*?%+-]+$/.test(value) && !/^(and|or|not|none)$/i.test(value)
    ? value
    : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

/** A filter that asks for something besides; what is asked for already is not said twice. */
export const filterAnd = (filter: string | undefined, term: string): string => {
  if (filter === undefined) return term;
  if (filter === term || filter.endsWith(` and ${term}`) || filter.startsWith(`${term} and `))
    return filter;
  const whole = /\bor\b/i.test(filter) ? `(${filter})` : filter;
  return `${whole} and ${term}`;
};
