/** Fields of the dialogs of settings. */

import type { JSX } from 'preact';

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
}

export const Field = ({
  label,
  value,
  change,
  placeholder,
}: FieldProps & { readonly placeholder?: string }): JSX.Element => (
  <label>
    {label}
    <input
      value={value}
      placeholder={placeholder}
      autocomplete="off"
      spellcheck={false}
      onInput={({ currentTarget }) => change(currentTarget.value)}
    />
  </label>
);

interface SecretFieldProps extends FieldProps {
  readonly purpose: 'new-password' | 'current-password' | 'one-time-code';
}

/** Browsers offer to keep what is meant to be kept. */
export const SecretField = ({ label, value, change, purpose }: SecretFieldProps): JSX.Element => {
  const common = {
    ...{ value, spellcheck: false, autocomplete: purpose },
    onInput: ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) =>
      change(currentTarget.value),
  };
  return (
    <label>
      {label}
      {purpose === 'one-time-code' ? (
        <input type="text" {...common} />
      ) : (
        <input type="password" {...common} />
      )}
    </label>
  );
};

interface SelectProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly { readonly value: T; readonly words: string }[];
  readonly change: (value: T) => void;
}

export const Select = <T extends string>(props: SelectProps<T>): JSX.Element => (
  <label>
    {props.label}
    <select
      value={props.value}
      onChange={({ currentTarget }) => props.change(currentTarget.value as T)}
    >
      {props.choices.map(({ value, words }) => (
        <option key={value} value={value}>
          {words}
        </option>
      ))}
    </select>
  </label>
);

/** Choices that are called what they are. */
export const asTheyAre = <T extends string>(
  values: readonly T[],
): readonly { readonly value: T; readonly words: string }[] =>
  values.map((value) => ({ value, words: value }));
