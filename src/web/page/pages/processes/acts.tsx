/** What can be done with the processes of the cluster, or of the one node that is looked at. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { forcing } from '../../../../client/view/forcing.ts';
import type { Action } from '../../../../client/client.ts';
import { ActionDialog } from '../../acting/action-dialog.tsx';
import { Act } from '../../parts/act.tsx';
import { AddDialog } from './add-dialog.tsx';
import { ScaleDialog } from './scale-dialog.tsx';

interface Offered {
  readonly button: string;
  readonly title: string;
  readonly verb: string;
  readonly action: Action;
  readonly command: readonly string[];
  readonly although?: string;
  readonly danger?: boolean;
  readonly count?: number;
}

const ofCluster = (machines: number | undefined): readonly Offered[] => [
  {
    button: 'Start all…',
    title: 'Start all managed processes of the cluster',
    verb: 'Start all',
    action: { verb: 'start', cluster: true },
    command: ['halctl', 'cluster', 'start'],
  },
  {
    button: 'Stop all…',
    title: 'Stop all managed processes of the cluster',
    verb: 'Stop all',
    action: { verb: 'stop', cluster: true },
    command: ['halctl', 'cluster', 'stop'],
    danger: true,
    ...(machines === undefined ? {} : { count: machines }),
  },
];

const ofNode = (host: string, node: string): readonly Offered[] => [
  {
    button: 'Start node…',
    title: `Start the managed processes of ${host}`,
    verb: 'Start',
    action: { verb: 'start', node },
    command: ['halctl', 'cluster', 'node', 'start', host],
  },
  {
    button: 'Stop node…',
    title: `Stop the managed processes of ${host}`,
    verb: 'Stop',
    action: { verb: 'stop', node },
    command: ['halctl', 'cluster', 'node', 'stop', host],
    although: forcing.stopNodes,
  },
  {
    button: 'Remove node…',
    title: `Remove the node ${host} and its processes; the host stays`,
    verb: 'Remove',
    action: { verb: 'remove', node },
    command: ['halctl', 'cluster', 'node', 'remove', host],
    although: forcing.removeNodes,
    danger: true,
  },
];

interface ActsProps {
  /** Where only the processes of a host are looked at. */
  readonly host?: string | undefined;
  readonly node?: string | undefined;
  readonly role?: string | undefined;
  /** Of the cluster, where all of it is looked at. */
  readonly machines?: number | undefined;
}

export const Acts = ({ host, node, role, machines }: ActsProps): JSX.Element => {
  const [open, setOpen] = useState<Offered | 'add' | 'scale' | null>(null);
  const close = (): void => setOpen(null);
  const right = { action: 'operate', hosts: host } as const;
  const offered = host === undefined ? ofCluster(machines) : node ? ofNode(host, node) : [];
  return (
    <div class="bar" role="group" aria-label="What can be done">
      <Act right={right} onPress={() => setOpen('add')}>
        Add processes…
      </Act>
      <Act right={right} onPress={() => setOpen('scale')}>
        Scale a role…
      </Act>
      {offered.map((one) => (
        <Act
          key={one.button}
          right={right}
          danger={one.danger ?? false}
          onPress={() => setOpen(one)}
        >
          {one.button}
        </Act>
      ))}
      {open === 'add' ? <AddDialog host={host} role={role} close={close} /> : null}
      {open === 'scale' ? <ScaleDialog host={host} role={role} close={close} /> : null}
      {open !== null && typeof open === 'object' ? <ActionDialog {...open} close={close} /> : null}
    </div>
  );
};
