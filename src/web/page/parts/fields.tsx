/** Fields that narrow what a page shows. What they hold stands in the address, so that a link shows the same to others. */

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useKeys } from '../state/keys.ts';
import { changeQuery, usePlace } from '../state/router.ts';

interface TextFieldProps {
  /** Of the parameter in the address. */
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
  /** Whether `/` goes there. */
  readonly isFirst?: boolean;
  readonly suggestions?: readonly string[];
}

/** Takes effect with Enter, or when it is left. */
export const TextField = (props: TextFieldProps): JSX.Element => {
  const { name, label, placeholder, isFirst = false, suggestions } = props;
  const said = usePlace().query.get(name) ?? '';
  const [text, setText] = useState(said);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setText(said), [said]);
  useKeys(
    isFirst ? [{ keys: '/', what: `Go to “${label}”`, run: () => input.current?.focus() }] : [],
  );
  const apply = (): void => changeQuery({ [name]: text.trim() || null, cursor: null });
  const list = suggestions ? `${name}-suggestions` : undefined;
  return (
    <label class="field">
      {label}
      <input
        ref={input}
        {...{ name, placeholder, list }}
        value={text}
        spellcheck={false}
        autocomplete="off"
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onChange={apply}
        onKeyDown={({ key }) => key === 'Enter' && apply()}
      />
      {suggestions ? (
        <datalist id={list}>
          {suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      ) : null}
    </label>
  );
};

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly choices: readonly string[];
  /** What it is called when nothing is chosen. */
  readonly all?: string;
}

export const Choice = ({ name, label, choices, all = 'all' }: ChoiceProps): JSX.Element => {
  const said = usePlace().query.get(name) ?? '';
  return (
    <label class="field">
      {label}
      <select
        name={name}
        value={said}
        onChange={({ currentTarget }) =>
          changeQuery({ [name]: currentTarget.value || null, cursor: null })
        }
      >
        <option value="">{all}</option>
        {choices.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
};
