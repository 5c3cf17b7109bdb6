/** The rules by which something is suggested about a machine. */

import type { JSX } from 'preact';
import { CopyCommand } from '../../parts/copy.tsx';
import { useAnswer } from '../../state/answer.ts';
import { station } from '../../state/station.ts';
import { Shown } from './shown.tsx';

export const SuggestionRules = (): JSX.Element => {
  const answered = useAnswer('suggestion rules', (signal) =>
    station.getSuggestionRules({ signal }),
  );
  return (
    <>
      <p class="buttons">
        <CopyCommand command={['halctl', 'suggest', 'rules']} />
      </p>
      <Shown answered={answered} what="the rules">
        {({ version, text }) => (
          <>
            <p>
              Version <code>{version}</code>. A station takes others with <code>--suggestions</code>
              .
            </p>
            <pre tabindex={0} aria-label="Rules of suggestions">
              {text}
            </pre>
          </>
        )}
      </Shown>
    </>
  );
};
