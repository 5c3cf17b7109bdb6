/** The fields by which hosts and roles are named in dialogs: they hold once they are left. */

import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { useDraft } from '../../parts/draft.ts';
import { useAnswer } from '../../state/answer.ts';
import { station } from '../../state/station.ts';

interface FieldProps {
  readonly value: string;
  readonly change: (value: string) => void;
}

export const HostField = ({ value, change }: FieldProps): JSX.Element => (
  <label>
    Host
    <input
      {...useDraft(value, (text) => change(text.trim().toLowerCase()))}
      autocomplete="off"
      spellcheck={false}
      placeholder="n0001.example"
    />
  </label>
);

/** With the roles that there are to choose from. */
export const RoleField = ({ value, change }: FieldProps): JSX.Element => {
  const known = useId();
  const { data } = useAnswer('roles to choose from', (signal) =>
    station.listRoles({ signal, limit: offeredMax }),
  );
  return (
    <label>
      Role
      <input
        {...useDraft(value, (text) => change(text.trim()))}
        list={known}
        autocomplete="off"
        spellcheck={false}
      />
      <datalist id={known}>
        {data?.items.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </label>
  );
};

const offeredMax = 1000;
