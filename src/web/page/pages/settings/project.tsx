/** One project: its machines, which are lent and taken back, and its members. */

import type { JSX } from 'preact';
import type { Project } from '../../../../client/types.ts';
import { counted } from '../../../../client/view/words.ts';
import { foldNodeset } from '../../../../nodeset/nodeset.ts';
import { OrderDialog } from '../../acting/order-dialog.tsx';
import { Act } from '../../parts/act.tsx';
import { useOpenDialog } from '../../parts/opened-dialog.tsx';
import { allPages } from '../../state/all-pages.ts';
import { useAnswer } from '../../state/answer.ts';
import { useMoment } from '../../state/moment.ts';
import { changeQuery } from '../../state/router.ts';
import { station } from '../../state/station.ts';
import { Members } from './members.tsx';
import { NodesetField, useMachinesMeant } from './nodeset-field.tsx';
import { Shown } from './shown.tsx';

interface ProjectShownProps {
  readonly project: Project;
  /** Grows when something about projects has changed. */
  readonly round: number;
}

export const ProjectShown = ({ project: { name }, round }: ProjectShownProps): JSX.Element => {
  const at = useMoment();
  const machines = useAnswer(
    `machines of ${name} ${at ?? ''}`,
    (signal) => allPages((page) => station.listHosts({ ...page, project: name, at, signal })),
    round,
  );
  // The project may go while a dialog about it is open.
  const open = useOpenDialog();
  const move = (deed: MachinesDialogProps['deed']) => (): void =>
    open((close) => <MachinesDialog project={name} deed={deed} close={close} />);
  return (
    <section aria-label={`Project ${name}`}>
      <h2>{name}</h2>
      <p class="buttons">
        <Act right={{ action: 'operate' }} onPress={move('attach')}>
          Lend machines…
        </Act>
        <Act right={{ action: 'operate' }} onPress={move('detach')}>
          Take machines back…
        </Act>
        <Act
          right={{ action: 'administer' }}
          danger
          onPress={() => open((close) => <DeleteDialog project={name} close={close} />)}
        >
          Delete the project…
        </Act>
      </p>
      <Shown answered={machines} what="its machines">
        {({ items }) => (
          <p>
            {items.length === 0
              ? 'It has no machines.'
              : `${counted(items.length, 'machine')}: ${foldNodeset(items.map(({ fqdn }) => fqdn))}`}
          </p>
        )}
      </Shown>
      <Members project={name} round={round} />
    </section>
  );
};

interface ProjectDialogProps {
  readonly project: string;
  readonly close: () => void;
}

const DeleteDialog = ({ project, close }: ProjectDialogProps): JSX.Element => (
  <OrderDialog
    title={`Delete project ${project}`}
    verb="Delete it"
    danger
    plan={(_, options) => station.deleteProject(project, options)}
    order={(_, options) => station.deleteProject(project, options)}
    command={() => ['halctl', 'project', 'delete', project]}
    told={() => `There is no project ${project} any more.`}
    done={() => changeQuery({ project: null })}
    close={close}
  >
    <p>It is refused while it has machines. Tokens of its members stay, and see none of it.</p>
  </OrderDialog>
);

interface MachinesDialogProps extends ProjectDialogProps {
  readonly deed: 'attach' | 'detach';
}

const MachinesDialog = ({ project, deed, close }: MachinesDialogProps): JSX.Element => {
  const meant = useMachinesMeant();
  const hosts = [...(meant.hosts ?? [])];
  const isLent = deed === 'attach';
  const call = isLent ? station.attachMachines : station.detachMachines;
  return (
    <OrderDialog
      title={isLent ? `Lend machines to ${project}` : `Take machines back from ${project}`}
      verb={isLent ? 'Lend them' : 'Take them back'}
      unless={meant.hosts === undefined ? 'Say which machines.' : undefined}
      chosen={meant.text}
      count={hosts.length}
      plan={(_, options) => call(project, { hosts }, options)}
      order={(_, options) => call(project, { hosts }, options)}
      command={() => ['halctl', 'project', deed, project, meant.text]}
      told={() => `${counted(hosts.length, 'machine')} ${isLent ? 'lent' : 'taken back'}.`}
      close={close}
    >
      <NodesetField meant={meant} />
    </OrderDialog>
  );
};
