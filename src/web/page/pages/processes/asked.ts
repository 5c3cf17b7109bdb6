/** Which processes are looked at, as the address says it. */

import { processStates } from '../../../../client/view/states.ts';
import type { QueryChange } from '../../state/router.ts';

export const groupings = ['host', 'role'] as const;
export type Grouping = (typeof groupings)[number];

export interface ProcessesAsked {
  readonly host?: string;
  readonly node?: string;
  readonly role?: string;
  readonly state?: (typeof processStates)[number];
  /** The last of the page before. */
  readonly after?: string;
  readonly group?: Grouping;
}

const fidPattern = /^0x[0-9a-f]{1,16}:0x[0-9a-f]{1,16}$/i;

/** What the address asks for, and what of it makes no sense. */
export const processesAsked = (
  query: URLSearchParams,
): { readonly asked: ProcessesAsked; readonly wrong: readonly string[] } => {
  const wrong: string[] = [];
  const text = (name: string): string | undefined => query.get(name)?.trim() || undefined;
  const fid = (name: string): string | undefined => {
    const said = text(name);
    if (said === undefined || fidPattern.test(said)) return said;
    wrong.push(`${name}=${said} is no fid, such as 0x7200000000000001:0x2a`);
    return undefined;
  };
  const oneOf = <T extends string>(name: string, allowed: readonly T[]): T | undefined => {
    const said = text(name);
    const found = allowed.find((one) => one === said);
    if (said !== undefined && found === undefined)
      wrong.push(`${name}=${said} is none of ${allowed.join(', ')}`);
    return found;
  };
  const all = {
    host: text('host'),
    node: fid('node'),
    role: text('role'),
    state: oneOf('state', processStates),
    after: query.get('group') === 'role' ? text('after') : fid('after'),
    group: oneOf('group', groupings),
  };
  const asked = Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as ProcessesAsked;
  return { asked, wrong };
};

/** Another filter begins with its first page. */
export const narrowed = (change: QueryChange): QueryChange => ({ after: null, ...change });

/** The same as `halctl` lists it; it knows no pages. */
export const listCommand = (
  { host, node, role, state }: ProcessesAsked,
  at: string | undefined,
): string[] => [
  ...['halctl', 'cluster', 'process', 'list'],
  ...Object.entries({ host, node, role, state, at }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  ),
];
