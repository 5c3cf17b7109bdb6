/** Overrides of a role's variables, one in a line, as after `--set`. */

import type { JSX } from 'preact';
import { OverrideError, readOverrides } from '../../../../client/view/overrides.ts';
import type { Overrides } from '../../../../client/view/overrides.ts';
import { useDraft } from '../../parts/draft.ts';

export interface Settings {
  readonly overrides: Overrides;
  /** As arguments of `halctl`. */
  readonly words: readonly string[];
  /** What is wrong with what was written. */
  readonly wrong?: string;
}

export const settingsOf = (role: string, text: string): Settings => {
  const lines = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  const words = lines.flatMap((line) => ['--set', line]);
  try {
    return { overrides: readOverrides([role], lines).get(role) ?? {}, words };
  } catch (error) {
    if (!(error instanceof OverrideError)) throw error;
    return { overrides: {}, words, wrong: error.message };
  }
};

interface VariablesFieldProps {
  readonly value: string;
  readonly change: (text: string) => void;
}

export const VariablesField = ({ value, change }: VariablesFieldProps): JSX.Element => (
  <label>
    Variables, one in a line (may be left out)
    <textarea
      rows={2}
      placeholder="multiplicity=4"
      spellcheck={false}
      {...useDraft(value, change)}
    />
  </label>
);
