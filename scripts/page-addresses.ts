/** Addresses of all pages of a station, with what it has: for pictures of them, and for tests that look at each. */

import { pagePaths } from '../src/web/page-paths.ts';
import type { PageName } from '../src/web/page-paths.ts';
import type { Client } from '../src/client/client.ts';

export interface PageAddress {
  readonly name: PageName;
  /** Below the folder, beginning with `/`. */
  readonly path: string;
}

/** Whatever a page is about has to be there; pages of what the station has none of are left out. */
export const pageAddresses = async (station: Client): Promise<readonly PageAddress[]> => {
  const { items: hosts } = await station.listHosts({ limit: 1 });
  const { items: processes } = await station.listProcesses({ limit: 1 });
  const { items: operations } = await station.listOperations({ limit: 100 });
  const { revision } = await station.listEvents({ limit: 1 });
  const values: Readonly<Record<string, readonly string[]>> = {
    ':fqdn': hosts.map(({ fqdn }) => fqdn),
    ':fid': processes.map(({ fid }) => fid),
    ':part': ['users', 'tokens', 'sessions', 'grants', 'policy', 'vars', 'groups', 'projects'],
  };
  const idsOf: { readonly [N in PageName]?: readonly string[] } = {
    event: [`${revision}.0`, ...hosts.map(({ fqdn }) => fqdn)],
    operation: operations.filter(({ kind }) => kind !== 'campaign').map(({ id }) => String(id)),
    campaign: operations.filter(({ kind }) => kind === 'campaign').map(({ id }) => String(id)),
  };
  return (Object.entries(pagePaths) as [PageName, string][]).flatMap(([name, path]) => {
    if (name === 'start' || name === 'signIn') return [];
    const part = /:\w+/.exec(path)?.[0];
    if (part === undefined) return [{ name, path }];
    const all = idsOf[name] ?? values[part] ?? [];
    const wanted = part === ':part' || name === 'event' ? all : all.slice(0, 1);
    return wanted.map((value) => ({ name, path: path.replace(part, encodeURIComponent(value)) }));
  });
};
