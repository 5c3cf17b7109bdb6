/** The columns of a table of processes, each declared once: for the terminal and the page alike. */

import type { Process } from '../types.ts';

export interface ProcessColumn {
  readonly id: string;
  readonly title: string;
  readonly value: (process: Process) => string;
  /** Where there is little room, those with lower numbers give way first; absent: it stays. */
  readonly yields?: number;
}

export const processColumns: readonly ProcessColumn[] = [
  { id: 'fid', title: 'FID', value: ({ fid }) => fid },
  { id: 'state', title: 'STATE', value: ({ state }) => state },
  { id: 'role', title: 'ROLE', value: ({ role }) => role, yields: 2 },
  { id: 'name', title: 'NAME', value: ({ name }) => name, yields: 4 },
  { id: 'host', title: 'HOST', value: ({ host }) => host, yields: 1 },
  { id: 'endpoint', title: 'ENDPOINT', value: ({ endpoint }) => endpoint, yields: 3 },
  { id: 'reason', title: 'REASON', value: ({ reason }) => reason, yields: 5 },
];

/** What a process got of the environment ranges of its role: `MERO_S3SERVER_PORT=8081 of 8081–8099`. */
export const rangeWords = ({ name, value, from, to }: Process['ranges'][number]): string =>
  `${name}=${value} of ${from}–${to}`;
