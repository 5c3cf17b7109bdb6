/** The fields by which hosts and roles are named in dialogs: they hold once they are left. */

import type { JSX } from 'preact';

interface FieldProps {
  readonly value: string;
  readonly change: (value: string) => void;
}

export const HostField = ({ value, change }: FieldProps): JSX.Element => (
  <label>
    Host
    <input
      value={value}
      autocomplete="off"
      spellcheck={false}
      placeholder="n0001.example"
      onChange={({ currentTarget }) => change(currentTarget.value.trim().toLowerCase())}
    />
  </label>
);

export const RoleField = ({ value, change }: FieldProps): JSX.Element => (
  <label>
    Role
    <input
      value={value}
      autocomplete="off"
      spellcheck={false}
      onChange={({ currentTarget }) => change(currentTarget.value.trim())}
    />
  </label>
);
