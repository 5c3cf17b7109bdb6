/**
 * Addresses of the status server that Halcyon takes the place of, each with the one that answers: the whole table, and
 * nothing else knows of them. They are put in the place of the address before anything looks at it, so that rights,
 * limits and refusals are those of what answers.
 */

interface SeedUri {
  /** For the documentation: as people write it. */
  readonly uri: string;
  /** Of the path below `/api/v1`; its groups are given to `to`. */
  readonly path: RegExp;
  /** Path and query that answer. */
  readonly to: (...parts: readonly string[]) => string;
  readonly meaning: string;
  /** Whether it stood in a version 2, too, which was never another API. */
  readonly isLater?: true;
}

const check = (id: string): string => `/fleet?checks=${id}`;

/** Words after `/status/` that are checks; whatever else stands there is a machine. */
const words = 'ssh|ping|tcp|ipmi|power|agent|scheduler|uptime|load|memory|df';

const sinfo =
  '/fleet?groups=sinfo&sort=scheduler.reason,machine&columns=scheduler.reason,scheduler.by,scheduler.age,machine';

export const seedUris: readonly SeedUri[] = [
  {
    uri: '/sinfo',
    path: /^\/sinfo$/,
    to: () => sinfo,
    meaning: 'machines that the batch system has a reason for; as text with `format=text`',
  },
  { uri: '/group-list', path: /^\/group-list$/, to: () => '/groups', meaning: 'the groups' },
  ...['ping', 'ssh', 'uptime'].map((id): SeedUri => ({
    uri: `/status-${id}?g=GROUP`,
    path: new RegExp(`^/status-${id}$`),
    to: () => check(id),
    meaning: `what the check \`${id}\` found on the machines of a group`,
  })),
  {
    uri: '/df?g=GROUP',
    path: /^\/df$/,
    to: () => check('df'),
    meaning: 'all file systems that are looked at',
  },
  {
    uri: '/df/tmp?g=GROUP',
    path: /^\/df\/([a-z0-9_-]+)$/,
    to: (mount) => check(`df/${mount}`),
    meaning: 'one of them',
  },
  {
    uri: '/status-ipmi-reachable?g=GROUP',
    path: /^\/status-ipmi-reachable$/,
    to: () => check('ipmi'),
    meaning: 'whether the BMCs answer',
  },
  {
    uri: '/status-ipmi-state?g=GROUP',
    path: /^\/status-ipmi-state$/,
    to: () => check('power'),
    meaning: 'whether the machines have power',
  },
  {
    uri: '/hostinfo?h=NODESET',
    path: /^\/hostinfo$/,
    to: () => '/fleet',
    meaning: 'all that is known of machines',
  },
  ...Object.entries({
    reboot: 'reboot',
    cycle: 'power/cycle',
    'power-on': 'power/on',
    'power-off': 'power/off',
  }).map(([name, action]): SeedUri => ({
    uri: `/${name}?h=NODESET`,
    path: new RegExp(`^/${name}$`),
    to: () => `/actions/${action}`,
    meaning: 'does it, by POST; GET does nothing',
    isLater: true,
  })),
  {
    uri: '/status/cmd/df/scratch',
    path: /^\/status\/(?:cmd\/)?df\/([a-z0-9_-]+)$/,
    to: (mount) => check(`df/${mount}`),
    meaning: 'one file system',
  },
  {
    uri: '/status/cmd/uptime',
    path: /^\/status\/cmd\/([a-z0-9_-]+)$/,
    to: (id) => check(id),
    meaning: 'what a check found that runs a command',
  },
  {
    uri: '/status/ssh',
    path: new RegExp(`^/status/(${words})$`),
    to: (id) => check(id),
    meaning: 'what a check found',
  },
  {
    uri: '/status/node/NAME',
    path: /^\/status\/node\/([^/]+)$/,
    to: (name) => `/hosts/${name}/status`,
    meaning: 'a machine, also one that is called `ssh`',
  },
  {
    uri: '/status/NAME/history',
    path: /^\/status\/(?:node\/)?([^/]+)\/(history|notes|suggestion)$/,
    to: (name, part) => `/hosts/${name}/${part}`,
    meaning: 'what happened to a machine; its notes; what should be done',
  },
  {
    uri: '/status/NAME',
    path: /^\/status\/([^/]+)$/,
    to: (name) => `/hosts/${name}/status`,
    meaning: 'a machine',
  },
  {
    uri: '/nodes/NAME',
    path: /^\/nodes\/((?!0[xX])[^/]+)$/,
    to: (name) => `/hosts/${name}/status`,
    meaning: 'a machine by its name; a node has a fid',
  },
  {
    uri: '/nodes/NAME/history',
    path: /^\/nodes\/((?!0[xX])[^/]+)\/(history|notes|status)$/,
    to: (name, part) => `/hosts/${name}/${part}`,
    meaning: 'what happened to a machine; its notes',
  },
];

/** Parameters that only the table of the fleet has: with one of them, `/status` is that table. */
const fleetParameters = new Set([
  ...['groups', 'g', 'nodes', 'h', 'checks', 'filter', 'columns', 'sort', 'shape', 'orient'],
  ...['format', 'limit', 'cursor', 'q', 'max_age'],
]);

/** Parameters that had other names. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['g', 'groups'],
  ['h', 'nodes'],
]);

const base = '/api/v1';
const laterBase = '/api/v2';

/** The address that answers; the same where it is none of the table. */
export const canonicalUri = (url: string): string => {
  const isLater = url.startsWith(`${laterBase}/`);
  if (!isLater && !url.startsWith(`${base}/`)) return url;
  const mark = url.indexOf('?');
  const path = url.slice(base.length, mark < 0 ? undefined : mark);
  const query = mark < 0 ? '' : url.slice(mark + 1);
  if (path === '/status' && !isLater)
    return namesOf(query).some((name) => fleetParameters.has(name))
      ? `${base}${joined('/fleet', query)}`
      : url;
  for (const { path: form, to, isLater: alsoLater } of seedUris) {
    const match = form.exec(path);
    if (match && (!isLater || alsoLater)) return `${base}${joined(to(...match.slice(1)), query)}`;
  }
  return url;
};

const namesOf = (query: string): string[] =>
  query.split('&').map((one) => decoded(one.split('=')[0]!));

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** What is asked besides wins over what the table says: a parameter that is there twice would be a list. */
const joined = (to: string, query: string): string => {
  const [path = '', said = ''] = to.split('?');
  const given = query === '' ? [] : query.split('&').map(renamed);
  const names = new Set(namesOf(given.join('&')));
  const kept = said.split('&').filter((one) => one !== '' && !names.has(one.split('=')[0]!));
  const all = [...kept, ...given];
  return all.length === 0 ? path : `${path}?${all.join('&')}`;
};

const renamed = (parameter: string): string => {
  const [name = '', ...rest] = parameter.split('=');
  return [otherNames.get(name) ?? name, ...rest].join('=');
};
