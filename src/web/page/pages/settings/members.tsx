/** Members of a project: tokens that are bound to it. Which tokens there are is told to administrators. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Token } from '../../../../client/types.ts';
import { OrderDialog } from '../../acting/order-dialog.tsx';
import { Act } from '../../parts/act.tsx';
import { useOpenDialog } from '../../parts/opened-dialog.tsx';
import { allPages } from '../../state/all-pages.ts';
import { useAnswer } from '../../state/answer.ts';
import { station } from '../../state/station.ts';
import { asTheyAre, Field, Select } from './fields.tsx';
import { Shown } from './shown.tsx';

const administer = { action: 'administer' } as const;
const roles = ['viewer', 'operator'] as const;
type Role = (typeof roles)[number];

interface MembersProps {
  readonly project: string;
  readonly round: number;
}

export const Members = ({ project, round }: MembersProps): JSX.Element => {
  const tokens = useAnswer(
    'tokens',
    (signal) => allPages((page) => station.listTokens({ ...page, signal })),
    round,
  );
  const open = useOpenDialog();
  const done = tokens.again;
  return (
    <>
      <h3>Members</h3>
      <Act
        right={administer}
        onPress={() => open((close) => <LetInDialog project={project} done={done} close={close} />)}
      >
        Let a token in…
      </Act>
      <Shown answered={tokens} what="its members">
        {({ items }) => (
          <ul>
            {items.flatMap((token) =>
              token.projects
                .filter(({ name }) => name === project)
                .map(({ role }) => (
                  <li key={token.id}>
                    {token.name} (<code>{token.id}</code>): {role}{' '}
                    <Act
                      right={administer}
                      onPress={() =>
                        open((close) => (
                          <TakeOutDialog project={project} of={token} done={done} close={close} />
                        ))
                      }
                    >
                      Take {token.id} out…
                    </Act>
                  </li>
                )),
            )}
          </ul>
        )}
      </Shown>
    </>
  );
};

interface LetInDialogProps {
  readonly project: string;
  readonly done: () => void;
  readonly close: () => void;
}

const TakeOutDialog = ({
  project,
  of: { id },
  done,
  close,
}: LetInDialogProps & { readonly of: Token }): JSX.Element => (
  <OrderDialog
    title={`Take token ${id} out of ${project}`}
    verb="Take it out"
    danger
    plan={(_, options) => station.removeMember(project, id, options)}
    order={(_, options) => station.removeMember(project, id, options)}
    command={() => ['halctl', 'project', 'expel', project, id]}
    told={() => `Token ${id} is out of ${project}.`}
    done={done}
    close={close}
  >
    <p>It sees nothing of {project} any more, at once.</p>
  </OrderDialog>
);

const LetInDialog = ({ project, done, close }: LetInDialogProps): JSX.Element => {
  const [id, setId] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  return (
    <OrderDialog
      title={`Let a token into ${project}`}
      verb="Let it in"
      unless={id === '' ? 'Say which token.' : undefined}
      chosen={`${id} ${role}`}
      plan={(_, options) => station.putMember(project, id, { role }, options)}
      order={(_, options) => station.putMember(project, id, { role }, options)}
      command={() => ['halctl', 'project', 'admit', project, id, '--role', role]}
      told={() => `Token ${id} is ${role} in ${project}.`}
      done={done}
      close={close}
    >
      <Field
        label="Id of the token, of the role member"
        value={id}
        change={(said) => setId(said.trim())}
      />
      <Select label="Role there" value={role} choices={asTheyAre(roles)} change={setRole} />
    </OrderDialog>
  );
};
