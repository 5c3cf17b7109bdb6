/**
 * Where the pages of the browser are, below the folder the station is served from: its server answers these addresses
 * with the page, and the page looks there what to show. A part that begins with `:` stands for anything but a slash.
 */
export const pagePaths = {
  start: '/',
  signIn: '/sign-in',
  fleet: '/fleet',
  map: '/map',
  machine: '/machines/:fqdn',
  compare: '/machines/:fqdn/compare',
  console: '/machines/:fqdn/console',
  processes: '/processes',
  process: '/processes/:fid',
  roles: '/roles',
  facts: '/facts',
  operations: '/operations',
  operation: '/operations/:id',
  campaign: '/campaigns/:id',
  events: '/events',
  event: '/events/:id',
  audit: '/audit',
  settings: '/settings',
  setting: '/settings/:part',
  station: '/station',
} as const;

/** What the page of a console reads of its station: the console as a WebSocket, and its log. */
export const consolePaths = {
  socket: '/machines/:fqdn/console/socket',
  log: '/machines/:fqdn/console/log',
} as const;

export type PageName = keyof typeof pagePaths;

/** What the parts with a `:` stand for. */
export type PageParameters = Readonly<Record<string, string>>;

/** The page at a path that begins with `/`, and what its parts stand for; undefined: there is none. */
export const pageAt = (
  path: string,
): { readonly name: PageName; readonly parameters: PageParameters } | undefined => {
  const said = path.split('/');
  for (const [name, pattern] of Object.entries(pagePaths) as [PageName, string][]) {
    const parameters = matched(pattern.split('/'), said);
    if (parameters) return { name, parameters };
  }
  return undefined;
};

const matched = (
  pattern: readonly string[],
  said: readonly string[],
): PageParameters | undefined => {
  if (pattern.length !== said.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const word = said[index]!;
    if (!part.startsWith(':')) {
      if (part !== word) return undefined;
      continue;
    }
    const value = decoded(word);
    if (value === undefined || value === '') return undefined;
    parameters[part.slice(1)] = value;
  }
  return parameters;
};

const decoded = (word: string): string | undefined => {
  try {
    return decodeURIComponent(word);
  } catch {
    return undefined;
  }
};
