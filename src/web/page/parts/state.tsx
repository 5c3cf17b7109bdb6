/** A state in a word, with a sign of its own shape and a colour beside it: colour alone says nothing. */

import type { JSX } from 'preact';
import type { Tone } from '../../../checks/view/columns.ts';

interface StateProps {
  readonly sign: string;
  readonly word: string;
  readonly tone: Tone;
}

export const State = ({ sign, word, tone }: StateProps): JSX.Element => (
  <span class={`state ${tone}`}>
    {sign === '' ? null : (
      <span class="sign" aria-hidden="true">
        {sign}
      </span>
    )}
    {word}
  </span>
);
