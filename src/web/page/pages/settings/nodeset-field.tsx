/** Machines by a nodeset, looked up at the station: groups and wildcards mean what they mean there. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ResolvedNodeset } from '../../../../client/types.ts';
import { counted } from '../../../../client/view/words.ts';
import { useDraft } from '../../parts/draft.ts';
import { Problem } from '../../parts/problem.tsx';
import { useAnswer } from '../../state/answer.ts';
import type { Answered } from '../../state/answer.ts';
import { station } from '../../state/station.ts';

export interface MachinesMeant {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly answered: Answered<ResolvedNodeset>;
  /** Undefined: not known, or none. */
  readonly hosts: readonly string[] | undefined;
}

/** Looked up once the field is left. */
export const useMachinesMeant = (first = ''): MachinesMeant => {
  const [text, setText] = useState(first);
  const answered = useAnswer(text === '' ? null : `nodeset ${text}`, (signal) =>
    station.resolveNodeset({ nodeset: text, signal }),
  );
  const { data } = answered;
  const isGood = data !== undefined && data.nodes.length > 0 && data.unmatched.length === 0;
  return { text, setText, answered, hosts: isGood ? data.nodes : undefined };
};

export const NodesetField = ({ meant }: { readonly meant: MachinesMeant }): JSX.Element => {
  const { data, error } = meant.answered;
  return (
    <>
      <label>
        Machines
        <input
          {...useDraft(meant.text, (text) => meant.setText(text.trim()))}
          placeholder="n[0001-0040].example, @gpu"
          autocomplete="off"
          spellcheck={false}
        />
      </label>
      <Problem error={error} />
      {data === undefined ? null : (
        <p role="status">
          {counted(data.count, 'machine')}: {data.nodeset}
          {data.unmatched.length === 0
            ? ''
            : `. Of the cluster are not: ${data.unmatched.join(', ')}`}
        </p>
      )}
    </>
  );
};
