/** The columns of the table of processes: those of `halctl`, and what a wide screen has room for. */

import { processColumns, rangeWords } from '../../../../client/view/processes.ts';
import type { Process } from '../../../../client/types.ts';
import { Ago } from '../../parts/age.tsx';
import { MachineLink, ProcessLink } from '../../parts/link.tsx';
import { ProcessState } from '../../parts/process-state.tsx';
import type { TableColumn } from '../../parts/table.tsx';

const cells: Readonly<Record<string, TableColumn<Process>['cell']>> = {
  fid: ({ fid }) => <ProcessLink fid={fid} />,
  state: ({ state }) => <ProcessState state={state} />,
  host: ({ host }) => <MachineLink fqdn={host} />,
};

const widths: Readonly<Record<string, string>> = {
  fid: '15rem',
  state: '7.5rem',
  host: 'minmax(10rem, 1.5fr)',
  endpoint: 'minmax(16rem, 1.5fr)',
  reason: 'minmax(10rem, 2fr)',
};

const shared = processColumns.map(({ id, title, value }): TableColumn<Process> => ({
  id,
  title,
  value,
  cell: cells[id] ?? value,
  ...(widths[id] === undefined ? {} : { width: widths[id] }),
}));

export const columns: readonly TableColumn<Process>[] = [
  ...shared,
  {
    id: 'ranges',
    title: 'RANGES',
    description: 'What it was given of the environment ranges of its role',
    value: ({ ranges }) => ranges.map(rangeWords).join(' ') || null,
    cell: ({ ranges }) => ranges.map(({ name, value }) => `${name}=${value}`).join(' '),
    width: 'minmax(8rem, 1.5fr)',
  },
  {
    id: 'since',
    title: 'SINCE',
    description: 'When its state last changed',
    value: ({ since }) => since,
    cell: ({ since }) => <Ago at={since} />,
    width: '7.5rem',
  },
];
