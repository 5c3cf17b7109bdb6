/** Projects: which there are, with their machines and members. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Project } from '../../../../client/types.ts';
import { OrderDialog } from '../../acting/order-dialog.tsx';
import { Act } from '../../parts/act.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { allPages } from '../../state/all-pages.ts';
import { useAnswer } from '../../state/answer.ts';
import { useChanges } from '../../state/changes.ts';
import { useMoment } from '../../state/moment.ts';
import { changeQuery, usePlace } from '../../state/router.ts';
import { station } from '../../state/station.ts';
import { Field } from './fields.tsx';
import { ProjectShown } from './project.tsx';
import { Shown } from './shown.tsx';
import { ShortTable } from '../../parts/short-table.tsx';

const administer = { action: 'administer' } as const;

/** What changes them, their machines and members. */
const projectEvents = [
  ...['ProjectCreated', 'ProjectDeclared', 'ProjectDeleted', 'ProjectJoined', 'ProjectLeft'],
  ...['MachineAttached', 'MachineDetached'],
];

export const Projects = (): JSX.Element => {
  const at = useMoment();
  const chosen = usePlace().query.get('project');
  const round = useChanges('projects', projectEvents);
  const answered = useAnswer(
    `projects ${at ?? ''}`,
    (signal) => allPages((page) => station.listProjects({ ...page, at, signal })),
    round,
  );
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <p class="buttons">
        <Act right={administer} onPress={() => setCreating(true)}>
          Create a project…
        </Act>
        <CopyCommand command={['halctl', 'project', 'list']} />
      </p>
      <Shown answered={answered} what="the projects">
        {({ items }) => (
          <>
            <List projects={items} chosen={chosen} />
            {items
              .filter(({ name }) => name === chosen)
              .map((project) => (
                <ProjectShown key={project.name} project={project} round={round} />
              ))}
          </>
        )}
      </Shown>
      {isCreating ? <CreateDialog close={() => setCreating(false)} /> : null}
    </>
  );
};

interface ListProps {
  readonly projects: readonly Project[];
  readonly chosen: string | null;
}

const List = ({ projects, chosen }: ListProps): JSX.Element =>
  projects.length === 0 ? (
    <p>There are none.</p>
  ) : (
    <ShortTable label="Projects" titles={['Project', 'Machines', 'Stays']}>
      {projects.map(({ name, machines, lasting }) => (
        <tr key={name}>
          <th scope="row">
            <button
              type="button"
              aria-pressed={name === chosen}
              onClick={() => changeQuery({ project: name === chosen ? null : name })}
            >
              {name}
            </button>
          </th>
          <td>{machines}</td>
          <td>{lasting ? 'yes' : 'as long as facts name it'}</td>
        </tr>
      ))}
    </ShortTable>
  );

const CreateDialog = ({ close }: { readonly close: () => void }): JSX.Element => {
  const [name, setName] = useState('');
  return (
    <OrderDialog
      title="Create a project"
      verb="Create it"
      unless={name === '' ? 'Write a name.' : undefined}
      chosen={name}
      plan={(_, options) => station.createProject({ name }, options)}
      order={(_, options) => station.createProject({ name }, options)}
      command={() => ['halctl', 'project', 'create', name]}
      told={() => `The project ${name} is there.`}
      done={() => changeQuery({ project: name })}
      close={close}
    >
      <Field label="Name" value={name} change={(said) => setName(said.trim())} />
    </OrderDialog>
  );
};
