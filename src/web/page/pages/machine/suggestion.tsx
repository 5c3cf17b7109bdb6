/** What to do about it, on what that stands and what forbids it; and the one button that is apt. */

import type { JSX } from 'preact';
import { suggestionWords } from '../../../../checks/view/suggestion-words.ts';
import type { Suggestion } from '../../../../client/types.ts';
import { Act } from '../../parts/act.tsx';
import { Link, machinePath } from '../../parts/link.tsx';
import { useOpenDialog } from '../../parts/opened-dialog.tsx';
import { Problem } from '../../parts/problem.tsx';
import type { Answered } from '../../state/answer.ts';
import { beginMaintenance } from './acts/maintenance.tsx';
import { RebootDialog } from './acts/reboot.tsx';
import { aptOf } from './apt.ts';
import { underWay } from './known.ts';
import type { KnownMachine } from './known.ts';

interface WhatToDoProps {
  readonly machine: KnownMachine;
  readonly answered: Answered<Suggestion>;
}

export const WhatToDo = ({ machine, answered }: WhatToDoProps): JSX.Element => {
  const { error, again } = answered;
  const { suggestion } = machine;
  return (
    <section aria-labelledby="what-to-do">
      <h2 id="what-to-do">What to do</h2>
      <Problem error={error} again={again} />
      {suggestion ? <Suggested machine={machine} suggestion={suggestion} /> : null}
    </section>
  );
};

const Suggested = ({
  machine,
  suggestion,
}: {
  readonly machine: KnownMachine;
  readonly suggestion: Suggestion;
}): JSX.Element => {
  const { told, reasons, ending } = suggestionWords(suggestion);
  return (
    <>
      <p>{suggestion.says}</p>
      {told.map((line) => (
        <p key={line}>{line}</p>
      ))}
      <AptButton machine={machine} suggestion={suggestion} />
      {reasons.map(({ title, items }) => (
        <div key={title}>
          <h3>{title}</h3>
          <ul>
            {items.map((item) => (
              <li key={item}>{item}</li>
            ))}
          </ul>
        </div>
      ))}
      {ending.map((line) => (
        <p key={line} class="quiet">
          {line}
        </p>
      ))}
    </>
  );
};

const AptButton = ({
  machine,
  suggestion,
}: {
  readonly machine: KnownMachine;
  readonly suggestion: Suggestion;
}): JSX.Element | null => {
  const open = useOpenDialog();
  const apt = aptOf(suggestion);
  const { fqdn } = machine;
  if (!apt) return null;
  if (apt.kind === 'console')
    return (
      <p>
        <Link to={`${machinePath(fqdn)}/console`}>{apt.title}</Link>
      </p>
    );
  const isReboot = apt.kind === 'reboot';
  return (
    <p>
      <Act
        right={
          isReboot
            ? { action: 'power', hosts: fqdn, suggested: apt.forbidden === undefined }
            : { action: 'operate', hosts: fqdn }
        }
        unless={underWay(machine) ?? (apt.forbidden && `Forbidden: ${apt.forbidden}.`)}
        danger={isReboot}
        onPress={() =>
          open((close) =>
            isReboot ? (
              <RebootDialog fqdn={fqdn} verb={apt.title.replace('…', '')} close={close} />
            ) : (
              <beginMaintenance.Dialog machine={machine} close={close} />
            ),
          )
        }
      >
        {apt.title}
      </Act>
    </p>
  );
};
