/** A machine: how it is and why, what to do about it, what runs there, and what happened. */

import type { JSX } from 'preact';
import { ApiError } from '../../../../client/errors.ts';
import type { EventReply, Obm } from '../../../../client/types.ts';
import type { PageParameters } from '../../../page-paths.ts';
import { CopyCommand } from '../../parts/copy.tsx';
import { Link, machinePath } from '../../parts/link.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useChanges } from '../../state/changes.ts';
import { useMoment } from '../../state/moment.ts';
import { station } from '../../state/station.ts';
import { ActsMenu } from './acts/menu.tsx';
import { Checks } from './checks.tsx';
import { History } from './history.tsx';
import { UnderWay } from './holder.tsx';
import type { KnownMachine } from './known.ts';
import { Notes } from './notes.tsx';
import { OutOfBand } from './obm.tsx';
import { Processes } from './processes.tsx';
import { WhatToDo } from './suggestion.tsx';
import { Summary } from './summary.tsx';
import { useMachine } from './use-machine.ts';
import './machine.css';

export const Page = ({ parameters }: { readonly parameters: PageParameters }): JSX.Element => {
  const fqdn = parameters['fqdn']!;
  const { seen, error, again } = useMachine(fqdn);
  return (
    <>
      <PageTitle title={fqdn}>
        <Link to={`${machinePath(fqdn)}/console`}>Console</Link>
        <CopyCommand command={['halctl', 'status', 'show', fqdn]} />
      </PageTitle>
      <Problem error={error} again={again} />
      {seen === null ? (
        <p>
          There is no machine {fqdn}, or none for you. <Link to="/fleet">See those there are.</Link>
        </p>
      ) : null}
      {seen ? <Machine fqdn={fqdn} {...seen} /> : null}
    </>
  );
};

type MachineProps = Pick<KnownMachine, 'fqdn' | 'row' | 'checks' | 'at'>;

const Machine = ({ fqdn, ...seen }: MachineProps): JSX.Element => {
  const at = useMoment();
  const isPast = at !== undefined;
  const round = useChanges(`events of ${fqdn}`, undefined, (event) => names(event, fqdn));
  const whenNow = (key: string): string | null => (isPast ? null : `${key} ${fqdn}`);
  const suggestion = useAnswer(
    whenNow('suggestion'),
    (signal) => station.getSuggestion(fqdn, { signal }),
    round,
  );
  const holder = useAnswer(
    whenNow('holder'),
    (signal) => station.getHolder(fqdn, { signal }),
    round,
  );
  const obm = useAnswer(
    `obm ${fqdn} ${at ?? ''}`,
    (signal) => orNone(station.getObm(fqdn, { at, signal })),
    round,
  );
  const machine: KnownMachine = {
    ...{ fqdn, ...seen, obm: obm.data },
    ...{ suggestion: suggestion.data, holder: holder.data },
  };
  return (
    <div class="machine">
      <Summary {...machine} />
      {isPast ? null : <ActsMenu machine={machine} />}
      {holder.data ? <UnderWay holder={holder.data} /> : null}
      {isPast ? null : <WhatToDo machine={machine} answered={suggestion} />}
      <Checks machine={machine} />
      <History fqdn={fqdn} round={round} />
      <Processes fqdn={fqdn} round={round} />
      <OutOfBand machine={machine} answered={obm} />
      <Notes fqdn={fqdn} round={round} />
    </div>
  );
};

/** Whether an event may be about the machine: what names it, does. */
const names = ({ data }: EventReply, fqdn: string): boolean =>
  JSON.stringify(data).includes(JSON.stringify(fqdn));

/** That none is registered is an answer. */
const orNone = async (asked: Promise<Obm>): Promise<Obm | null> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'obm-not-registered') return null;
    throw error;
  }
};
