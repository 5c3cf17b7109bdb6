/** Hosts as operators see them: many in a table, one in lines. */

import type { Host } from '../../client/types.ts';
import type { Shell } from '../shell.ts';
import { paintState } from './colour.ts';
import { maintenanceLine } from './maintenance.ts';
import { recoveryLine } from './recovery.ts';
import { missingText } from './status-tree.ts';
import { formatFields, formatTable } from './table.ts';
import { briefly, formatTime, printable } from './text.ts';

export const hostTable = (shell: Shell, hosts: readonly Host[]): string[] =>
  formatTable<Host>(
    [
      { title: 'HOST', value: ({ fqdn }) => fqdn },
      {
        title: 'STATE',
        value: ({ state }) => state,
        paint:
          ({ state }) =>
          (text) =>
            paintState(shell.palette, state, text),
      },
      { title: 'SINCE', value: ({ since }) => formatTime(since), yields: 4 },
      { title: 'PROCESSES', value: ({ processes }) => String(processes), align: 'right' },
      { title: 'ADDRESS', value: ({ address }) => address ?? '-', yields: 3 },
      { title: 'AGENT', value: (host) => host.agent_version ?? '-', yields: 2 },
      { title: 'NOTE', value: ({ reason, problem }) => problem || reason, yields: 5 },
    ],
    hosts,
    shell.width,
  );

export const hostLines = (host: Host): string[] => {
  const { agent_version: agent, boot_id: boot, memory_mib: memory } = host;
  return [
    ...formatFields([
      ['host', host.fqdn],
      ['state', `${host.state} since ${formatTime(host.since)}`],
      ['reason', host.reason || undefined],
      ['maintenance', maintenanceLine(host.maintenance) || undefined],
      ['recovery', recoveryLine(host.recovery) || undefined],
      ['waiting', host.problem || undefined],
      ['missing', missingText(host.missing) || undefined],
      ['node', host.node ?? 'none: no process was added yet'],
      ['processes', String(host.processes)],
      ['address', host.address ?? undefined],
      ['LNet id', host.lnid ?? undefined],
      ['memory', memory === null ? undefined : `${memory} MiB`],
      ['CPUs', host.cpus === null ? undefined : String(host.cpus)],
      ['kernel', host.kernel ?? undefined],
      ['boot', boot ?? undefined],
      ['agent', agent ?? 'has not reported'],
      ['enclosure', host.enclosure ?? undefined],
      ['project', host.project ?? undefined],
      [
        'refused',
        host.refused.length === 0
          ? undefined
          : `agents of other machines: ${host.refused.join(', ')}`,
      ],
      ['created', `revision ${host.created}`],
      ['changed', `revision ${host.changed}`],
    ]),
    ...host.interfaces.map(({ name, address }) => printable(`interface ${name} ${address}`)),
    ...host.roles.map(({ name, overrides, pending }) => {
      const values = Object.keys(overrides).length === 0 ? '' : ` with ${briefly(overrides)}`;
      return `role ${printable(name)}${values}${pending ? ', waiting' : ''}`;
    }),
  ];
};
