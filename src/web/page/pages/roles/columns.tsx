/** The columns of the tables of roles, and of the machines that have one. */

import type { JSX } from 'preact';
import type { RoleHost, RoleItem } from '../../../../client/types.ts';
import { Link } from '../../parts/link.tsx';
import { ProcessState } from '../../parts/process-state.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { stateWords } from './state-words.ts';

export const rolePath = (name: string): string =>
  `/roles?${new URLSearchParams({ role: name }).toString()}`;

export const processesPath = (query: Readonly<Record<string, string>>): string =>
  `/processes?${new URLSearchParams(query).toString()}`;

const inAll = ({ processes }: RoleItem): number =>
  Object.values(processes).reduce((sum, count) => sum + count, 0);

const flagged = (count: number): JSX.Element | string =>
  count === 0 ? '' : <span class="busy">! {count}</span>;

export const roleColumns: readonly TableColumn<RoleItem>[] = [
  {
    id: 'role',
    title: 'ROLE',
    value: ({ name }) => name,
    cell: ({ name }) => <Link to={rolePath(name)}>{name}</Link>,
    width: 'minmax(9rem, 1.5fr)',
  },
  {
    id: 'declared',
    title: 'DECLARED',
    description: 'Hosts that have it by facts',
    value: ({ declared }) => declared,
    cell: ({ declared }) => declared.toLocaleString('en'),
    align: 'end',
  },
  {
    id: 'waiting',
    title: 'WAITING',
    description: 'Of these, those that have not been given it yet',
    value: ({ waiting }) => waiting,
    cell: ({ waiting }) => flagged(waiting),
    align: 'end',
  },
  {
    id: 'without',
    title: 'WITHOUT',
    description: 'Of these, those of whose processes none is left',
    value: ({ without }) => without,
    cell: ({ without }) => flagged(without),
    align: 'end',
  },
  {
    id: 'nodes',
    title: 'NODES',
    description: 'Nodes that have processes of it',
    value: ({ nodes }) => nodes,
    cell: ({ nodes }) => nodes.toLocaleString('en'),
    align: 'end',
  },
  {
    id: 'processes',
    title: 'PROCESSES',
    value: inAll,
    cell: (role) => <Link to={processesPath({ role: role.name })}>{inAll(role)}</Link>,
    align: 'end',
  },
  {
    id: 'states',
    title: 'STATES',
    cell: ({ processes }) => stateWords(processes),
    width: 'minmax(11rem, 2fr)',
  },
  {
    id: 'requires',
    title: 'REQUIRES',
    description: 'What a node gets first that has none of it',
    value: ({ requires }) => requires.join(' '),
    cell: ({ requires }) => requires.join(', '),
  },
  {
    id: 'file',
    title: 'FILE',
    value: ({ file }) => file,
    cell: ({ file, line }) => `${file}:${line}`,
    width: 'minmax(9rem, 1.5fr)',
  },
];

const declaredWords = ({ declared, pending, given, problem }: RoleHost): string => {
  if (!declared) return 'not by facts';
  if (pending) return `waits${problem === '' ? '' : `: ${problem}`}`;
  return given === null ? 'by facts' : `by facts, ${given}`;
};

const isLacking = ({ declared, pending, given, processes }: RoleHost): boolean =>
  declared && !pending && processes < (given ?? 1);

export const hostColumns = (role: string): readonly TableColumn<RoleHost>[] => [
  {
    id: 'host',
    title: 'HOST',
    value: ({ host }) => host,
    cell: ({ host }) => <Link to={processesPath({ host, role })}>{host}</Link>,
    width: 'minmax(10rem, 1.5fr)',
  },
  {
    id: 'state',
    title: 'STATE',
    value: ({ state }) => state,
    cell: ({ state }) => <ProcessState state={state} />,
  },
  {
    id: 'count',
    title: 'PROCESSES',
    value: ({ processes }) => processes,
    cell: (row) =>
      isLacking(row) ? <span class="busy">! {row.processes}</span> : String(row.processes),
    align: 'end',
  },
  {
    id: 'declared',
    title: 'DECLARED',
    value: declaredWords,
    cell: declaredWords,
    width: 'minmax(8rem, 1fr)',
  },
  {
    id: 'overrides',
    title: 'VARIABLES',
    cell: ({ overrides }) =>
      Object.entries(overrides)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(' '),
  },
  {
    id: 'endpoints',
    title: 'ENDPOINTS',
    cell: ({ endpoints, processes }) =>
      `${endpoints.join(' ')}${processes > endpoints.length ? ' …' : ''}`,
    width: 'minmax(16rem, 2fr)',
  },
  {
    id: 'next',
    title: 'NEXT FREE',
    description: 'The lowest free endpoint from the first of its own',
    value: (row) => row.next_endpoint,
    cell: (row) => row.next_endpoint ?? (row.processes > 0 ? 'none is free' : ''),
    width: 'minmax(16rem, 1.5fr)',
  },
  {
    id: 'ranges',
    title: 'RANGES',
    description: 'Of its environment ranges, how many values the node has, and the next one',
    cell: ({ ranges }) =>
      ranges
        .map(
          ({ name, from, to, used, next }) =>
            `${name} ${used} of ${to - from + 1} (${from}–${to}), ${next === null ? 'none is free' : `next ${next}`}`,
        )
        .join('; '),
    width: 'minmax(14rem, 2fr)',
  },
];
