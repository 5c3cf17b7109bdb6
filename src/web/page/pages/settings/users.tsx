/** Users: who can log in, as what, and whether a code is asked for. */

import type { FunctionComponent, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { User } from '../../../../client/types.ts';
import { OrderDialog } from '../../acting/order-dialog.tsx';
import { Act } from '../../parts/act.tsx';
import { Moment } from '../../parts/age.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { State } from '../../parts/state.tsx';
import { useAnswer } from '../../state/answer.ts';
import { station } from '../../state/station.ts';
import { asTheyAre, Field, SecretField, Select } from './fields.tsx';
import { Shown } from './shown.tsx';
import { ShortTable } from '../../parts/short-table.tsx';

const administer = { action: 'administer' } as const;
const roles = ['viewer', 'note-taker', 'power-intern', 'operator', 'admin'] as const;
/** Characters of a password, at least. */
const passwordMin = 12;

interface UserDialogProps {
  readonly user: User;
  readonly done: () => void;
  readonly close: () => void;
}

type UserDialog = FunctionComponent<UserDialogProps>;

export const Users = (): JSX.Element => {
  const answered = useAnswer('users', (signal) => station.listUsers({ signal }));
  const [isAdding, setAdding] = useState(false);
  const [open, setOpen] = useState<{ user: User; Dialog: UserDialog } | undefined>();
  return (
    <>
      <p class="buttons">
        <Act right={administer} onPress={() => setAdding(true)}>
          Add a user…
        </Act>
        <CopyCommand command={['halctl', 'auth', 'user', 'list']} />
      </p>
      <Shown answered={answered} what="the users">
        {({ items }) =>
          items.length === 0 ? (
            <p>There are none yet. Whoever has the first token can add one.</p>
          ) : (
            <ShortTable label="Users" titles={['Name', 'Role', 'State', 'Second factor', 'Change']}>
              {items.map((user) => (
                <Row key={user.name} user={user} open={(Dialog) => setOpen({ user, Dialog })} />
              ))}
            </ShortTable>
          )
        }
      </Shown>
      {isAdding ? <AddDialog done={answered.again} close={() => setAdding(false)} /> : null}
      {open ? (
        <open.Dialog user={open.user} done={answered.again} close={() => setOpen(undefined)} />
      ) : null}
    </>
  );
};

const StateOf = ({ user }: { readonly user: User }): JSX.Element => {
  if (user.disabled) return <State sign="⊘" word="disabled" tone="bad" />;
  if (user.locked !== null)
    return (
      <>
        <State sign="!" word="locked" tone="busy" /> until <Moment at={user.locked} />
      </>
    );
  return user.password ? (
    <State sign="✓" word="can log in" tone="good" />
  ) : (
    <State sign="○" word="no password yet" tone="faint" />
  );
};

interface RowProps {
  readonly user: User;
  readonly open: (dialog: UserDialog) => void;
}

const Row = ({ user, open }: RowProps): JSX.Element => (
  <tr>
    <th scope="row">{user.name}</th>
    <td>{user.role}</td>
    <td>
      <StateOf user={user} />
    </td>
    <td>{user.second_factor ? 'yes' : 'no'}</td>
    <td>
      <div class="buttons" role="group" aria-label={`Change ${user.name}`}>
        <Act right={administer} onPress={() => open(RoleDialog)}>
          Role…
        </Act>
        <Act right={administer} onPress={() => open(PasswordDialog)}>
          Password…
        </Act>
        <Act right={administer} onPress={() => open(DisableDialog)}>
          {user.disabled || user.locked !== null ? 'Let in again…' : 'Disable…'}
        </Act>
        <Act
          right={administer}
          unless={user.second_factor ? undefined : 'No codes are asked for.'}
          onPress={() => open(CodesDialog)}
        >
          Ask for no codes…
        </Act>
        <Act right={administer} danger onPress={() => open(RemoveDialog)}>
          Remove…
        </Act>
      </div>
    </td>
  </tr>
);

const AddDialog = ({ done, close }: Omit<UserDialogProps, 'user'>): JSX.Element => {
  const [name, setName] = useState('');
  const [role, setRole] = useState<User['role']>('viewer');
  const [password, setPassword] = useState('');
  const add = async (): Promise<User> => {
    const user = await station.addUser({ name, role });
    if (password === '') return user;
    await station.setPassword(name, { password });
    return user;
  };
  return (
    <OrderDialog
      title="Add a user"
      verb="Add"
      unless={
        name === ''
          ? 'Write a name.'
          : password !== '' && password.length < passwordMin
            ? `A password has ${passwordMin} characters or more.`
            : undefined
      }
      order={add}
      command={() => ['halctl', 'auth', 'user', 'add', name, role]}
      told={() => `${name} is ${role}${password === '' ? ', and has no password yet' : ''}.`}
      done={done}
      close={close}
    >
      <Field label="Name" value={name} change={(said) => setName(said.trim())} placeholder="ada" />
      <Select label="Role" value={role} choices={asTheyAre(roles)} change={setRole} />
      <SecretField
        label={`Password, ${passwordMin} characters or more (may be set later)`}
        value={password}
        change={setPassword}
        purpose="new-password"
      />
    </OrderDialog>
  );
};

const RoleDialog: UserDialog = ({ user, done, close }) => {
  const { name } = user;
  const [role, setRole] = useState(user.role);
  return (
    <OrderDialog
      title={`Role of ${name}`}
      verb="Change the role"
      chosen={role}
      plan={(_, options) => station.changeUser(name, { role }, options)}
      order={(_, options) => station.changeUser(name, { role }, options)}
      command={() => ['halctl', 'auth', 'user', 'role', name, role]}
      told={() => `${name} is ${role}.`}
      done={done}
      close={close}
    >
      <p>It holds at once, for all sessions and tokens of {name}.</p>
      <Select label="Role" value={role} choices={asTheyAre(roles)} change={setRole} />
    </OrderDialog>
  );
};

const DisableDialog: UserDialog = ({ user, done, close }) => {
  const { name } = user;
  const disabled = !user.disabled && user.locked === null;
  return (
    <OrderDialog
      title={disabled ? `Disable ${name}` : `Let ${name} in again`}
      verb={disabled ? 'Disable' : 'Let in again'}
      danger={disabled}
      plan={(_, options) => station.changeUser(name, { disabled }, options)}
      order={(_, options) => station.changeUser(name, { disabled }, options)}
      command={() => ['halctl', 'auth', 'user', disabled ? 'disable' : 'enable', name]}
      told={() => (disabled ? `${name} is let in no more.` : `${name} may log in.`)}
      done={done}
      close={close}
    >
      <p>
        {disabled
          ? 'Sessions and tokens end at once.'
          : 'By the password of before, also after too many wrong ones.'}
      </p>
    </OrderDialog>
  );
};

const PasswordDialog: UserDialog = ({ user: { name }, done, close }) => {
  const [password, setPassword] = useState('');
  return (
    <OrderDialog
      title={`Another password for ${name}`}
      verb="Set the password"
      unless={
        password.length < passwordMin
          ? `A password has ${passwordMin} characters or more.`
          : undefined
      }
      order={() => station.setPassword(name, { password })}
      command={() => ['halctl', 'auth', 'user', 'password', name]}
      told={() => `${name} has another password; other sessions have ended.`}
      done={done}
      close={close}
    >
      <p>
        Tell it to {name} in person. Other sessions of {name} end.
      </p>
      <SecretField
        label="New password"
        value={password}
        change={setPassword}
        purpose="new-password"
      />
    </OrderDialog>
  );
};

const CodesDialog: UserDialog = ({ user: { name }, done, close }) => (
  <OrderDialog
    title={`Ask ${name} for no codes`}
    verb="Ask for none"
    danger
    order={() => station.dropCodes(name)}
    command={() => ['halctl', 'auth', 'user', 'totp', name, '--drop']}
    told={() => `${name} is asked for no codes any more.`}
    done={done}
    close={close}
  >
    <p>
      For whoever has lost the device and the recovery codes. Make sure that it is {name} who asks.
    </p>
  </OrderDialog>
);

const RemoveDialog: UserDialog = ({ user: { name }, done, close }) => (
  <OrderDialog
    title={`Remove ${name}`}
    verb="Remove the user"
    danger
    order={() => station.removeUser(name)}
    command={() => ['halctl', 'auth', 'user', 'remove', name]}
    told={() => `There is no user ${name} any more.`}
    done={done}
    close={close}
  >
    <p>Sessions and tokens end; what {name} did stays in the log.</p>
  </OrderDialog>
);
