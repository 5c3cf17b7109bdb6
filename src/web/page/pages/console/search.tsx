/** Searching in what the terminal shows and has kept. */

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Found, Screen } from './screen.ts';

interface SearchProps {
  readonly screen: Screen;
  readonly found: Found | null;
  readonly close: () => void;
}

export const Search = ({ screen, found, close }: SearchProps): JSX.Element => {
  const [text, setText] = useState('');
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  return (
    <form
      class="bar"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        screen.find(text, { back: true });
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <label>
        Search{' '}
        <input
          ref={input}
          value={text}
          onInput={({ currentTarget: { value } }) => {
            setText(value);
            screen.find(value, { back: true, isTyped: true });
          }}
        />
      </label>
      <button type="submit">Before</button>
      <button type="button" onClick={() => screen.find(text)}>
        After
      </button>
      <span role="status">{text === '' ? '' : wordsOf(found)}</span>
      <button type="button" onClick={close}>
        Close
      </button>
    </form>
  );
};

const wordsOf = (found: Found | null): string => {
  if (!found || found.count === 0) return 'nothing found; the log may have it';
  return found.index < 0 ? `${found.count} or more` : `${found.index + 1} of ${found.count}`;
};
