/** All that can be ordered of a machine beside what is apt, each disabled with the reason where it cannot be. */

import type { JSX } from 'preact';
import { Act } from '../../../parts/act.tsx';
import { Menu } from '../../../parts/menu.tsx';
import { useOpenDialog } from '../../../parts/opened-dialog.tsx';
import type { KnownMachine } from '../known.ts';
import type { MachineAct } from './act.ts';
import { bootDevice } from './boot-device.tsx';
import { light } from './light.tsx';
import { look } from './look.tsx';
import { beginMaintenance, endMaintenance } from './maintenance.tsx';
import { note } from './note.tsx';
import { disableObm, enableObm } from './obm-use.tsx';
import { power } from './power.tsx';
import { rebootAnyway } from './reboot.tsx';
import { reinstall, release } from './reinstall.tsx';

/** In the order in which they are shown: the harmless first. */
const acts: readonly MachineAct[] = [
  note,
  beginMaintenance,
  endMaintenance,
  look,
  light,
  bootDevice,
  enableObm,
  disableObm,
  power,
  rebootAnyway,
  reinstall,
  release,
];

export const ActsMenu = ({ machine }: { readonly machine: KnownMachine }): JSX.Element => {
  const open = useOpenDialog();
  return (
    <Menu title="Other actions">
      {acts
        .filter((act) => act.isThere?.(machine) ?? true)
        .map((act) => (
          <Act
            key={act.title}
            right={{ action: act.action, hosts: machine.fqdn, ofOwners: act.ofOwners }}
            unless={act.unless?.(machine)}
            danger={act.danger ?? false}
            onPress={() => open((close) => <act.Dialog machine={machine} close={close} />)}
          >
            {act.title}
          </Act>
        ))}
    </Menu>
  );
};
