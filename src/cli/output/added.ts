/** Processes that were just added, for people. */

import type { Added } from '../../client/types.ts';
import { formatTable } from './table.ts';
import { counted } from './text.ts';

type AddedProcess = Added['processes'][number];

/** What was added to a host; tokens are shown here and never again, so they are never shortened. */
export const addedLines = (added: Added, host: string, width: number | undefined): string[] => {
  const { revision, node, processes } = added;
  const tokens = processes.filter(({ token }) => token !== undefined);
  return [
    `Added ${counted(processes.length, 'process')} to ${host} (node ${node}); revision ${revision}.`,
    ...formatTable<AddedProcess>(
      [
        { title: 'FID', value: ({ fid }) => fid },
        { title: 'ROLE', value: ({ role }) => role, yields: 2 },
        { title: 'NAME', value: ({ name }) => name, yields: 1 },
        { title: 'OWNER', value: ({ ownership }) => ownership },
        { title: 'ENDPOINT', value: ({ endpoint }) => endpoint, yields: 3 },
      ],
      processes,
      width,
    ),
    ...(tokens.length === 0 ? [] : ['', 'Tokens, which are not shown again:']),
    ...tokens.map(({ fid, token = '' }) => `  ${fid}  ${token}`),
  ];
};
