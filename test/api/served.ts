/** The routes of a server. */

import { endpoints } from '../../src/contract/catalogue.ts';
import type { Endpoint } from '../../src/contract/endpoint.ts';

const known = new Set(
  Object.values<Endpoint>(endpoints).map(({ method, path }) => `${method} ${path}`),
);

/** Where two routes call a part otherwise, the tree has both names; which of them each has, the contract tells. */
const namedAlike = (route: string): string[] => {
  const names = /:\w+(?:\|:\w+)+/.exec(route);
  if (!names) return [route];
  const routes = names[0].split('|').map((name) => route.replace(names[0], name));
  const said = routes.filter((one) => known.has(one));
  return said.length > 0 ? said : [route];
};

/** What the server itself knows, from the tree of its router. */
export const served = (tree: string): string[] => {
  const found: string[] = [];
  const above: string[] = [];
  for (const line of tree.split('\n')) {
    const match = /^((?:│ {3}| {4})*)(?:├── |└── )(\S*)(?: \(([A-Z, ]+)\))?/.exec(line);
    if (!match) continue;
    const [, indent = '', part = '', methods = ''] = match;
    const depth = indent.length / 4;
    above.splice(depth, Infinity, part);
    for (const method of methods.split(', '))
      if (method !== '' && method !== 'HEAD')
        found.push(...namedAlike(`${method} ${above.join('')}`));
  }
  return found;
};
