/** What narrows the fleet: a filter by the grammar of `halctl`, groups, and machines as a nodeset. */

import type { JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { wordsOf } from '../../parts/problem.tsx';
import { useKeys } from '../../state/keys.ts';
import { changeQuery } from '../../state/router.ts';
import type { FleetView } from '../../fleet/view.ts';

interface FilterBarProps {
  readonly view: FleetView;
  /** What is wrong with the filter. */
  readonly error: unknown;
}

/** Ms after the last key, before what was typed holds. */
const typingMs = 150;

export const FilterBar = ({ view, error }: FilterBarProps): JSX.Element => {
  const { filter = '', problems } = view;
  const [text, setText] = useState(filter);
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const told = useId();
  const said = useRef(filter);
  // It was changed elsewhere, by a link or by going back; what was said here may be behind what is typed.
  useEffect(() => {
    if (said.current === filter) return;
    said.current = filter;
    clearTimeout(timer.current);
    setText(filter);
  }, [filter]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useKeys([{ keys: '/', what: 'Filter the machines', run: () => input.current?.focus() }]);
  const say = (value: string): void => {
    said.current = value.trim();
    changeQuery({ filter: value.trim() }, { replace: true });
  };
  return (
    <form
      class="bar"
      role="search"
      aria-label="Machines that are shown"
      onSubmit={(event) => {
        event.preventDefault();
        clearTimeout(timer.current);
        say(text);
      }}
    >
      <label class="filter">
        Filter
        <input
          ref={input}
          type="search"
          spellcheck={false}
          autocomplete="off"
          value={text}
          placeholder='ssh:down and age>1h, reason~"Not resp*", @gpu'
          aria-invalid={error ? 'true' : undefined}
          aria-describedby={error ? told : undefined}
          onInput={({ currentTarget: { value } }) => {
            setText(value);
            clearTimeout(timer.current);
            timer.current = setTimeout(() => say(value), typingMs);
          }}
          onKeyDown={({ key, currentTarget }) =>
            key === 'Escape' ? currentTarget.blur() : undefined
          }
        />
      </label>
      <Said name="groups" label="Groups" value={view.groups} />
      <Said name="nodes" label="Machines" value={view.nodes} />
      <label>
        <input
          type="checkbox"
          checked={problems === true}
          onChange={({ currentTarget: { checked } }) =>
            changeQuery({ problems: checked ? 'true' : null })
          }
        />{' '}
        Only problems
      </label>
      {error ? (
        <p id={told} class="bad wrong" role="alert">
          {wordsOf(error)}
        </p>
      ) : null}
    </form>
  );
};

interface SaidProps {
  readonly name: 'groups' | 'nodes';
  readonly label: string;
  readonly value: string | undefined;
}

/** What the station is asked for: by Enter, or when the field is left. */
const Said = ({ name, label, value = '' }: SaidProps): JSX.Element => {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return (
    <label>
      {label}
      <input
        value={text}
        spellcheck={false}
        autocomplete="off"
        placeholder={name === 'groups' ? 'gpu,rack1' : 'n[001-100].savio3'}
        onInput={(event) => setText(event.currentTarget.value)}
        onChange={(event) => changeQuery({ [name]: event.currentTarget.value.trim() })}
      />
    </label>
  );
};
