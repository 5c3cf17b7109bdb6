/** What was picked, and what can be done with it. */

import type { FunctionComponent, JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { counted } from '../../../../client/view/words.ts';
import { foldNodeset } from '../../../../nodeset/nodeset.ts';
import type { FleetRow } from '../../../../checks/view/row.ts';
import type { Outcome } from '../../fleet/each-machine.ts';
import { inOrder } from '../../fleet/selection.ts';
import type { Selection } from '../../fleet/selection.ts';
import { useMoment } from '../../state/moment.ts';
import { useRight } from '../../state/rights.ts';
import type { Asked } from '../../state/rights.ts';
import type { ActProps } from './acts/act-props.ts';
import { LookDialog } from './acts/look.tsx';
import { BeginMaintenanceDialog, EndMaintenanceDialog } from './acts/maintenance.tsx';
import { NoteDialog } from './acts/note.tsx';
import { OutcomeDialog } from './acts/outcome.tsx';
import { PowerDialog } from './acts/power.tsx';
import { RebootDialog } from './acts/reboot.tsx';

interface ActOffered {
  readonly label: string;
  readonly Dialog: FunctionComponent<ActProps>;
}

/** What takes the same right stands together, with one reason where it is missing. */
const offered: readonly {
  readonly action: Asked['action'];
  readonly acts: readonly ActOffered[];
}[] = [
  { action: 'power', acts: [{ label: 'Reboot…', Dialog: RebootDialog }] },
  {
    action: 'operate',
    acts: [
      { label: 'Power…', Dialog: PowerDialog },
      { label: 'Begin maintenance…', Dialog: BeginMaintenanceDialog },
      { label: 'End maintenance…', Dialog: EndMaintenanceDialog },
      { label: 'Check again…', Dialog: LookDialog },
    ],
  },
  { action: 'note', acts: [{ label: 'Note…', Dialog: NoteDialog }] },
];

/** What rights can be asked about in one question. */
const askedCharactersMax = 8000;
const askedMachinesMax = 4096;

/** As few nodesets as can be asked about. */
const questionsOf = (hosts: readonly string[]): readonly string[] => {
  const nodeset = foldNodeset(hosts);
  const fits = hosts.length <= askedMachinesMax && nodeset.length <= askedCharactersMax;
  if (fits || hosts.length <= 1) return [nodeset];
  const half = Math.ceil(hosts.length / 2);
  return [...questionsOf(hosts.slice(0, half)), ...questionsOf(hosts.slice(half))];
};

interface SelectionBarProps {
  readonly selection: Selection;
  readonly all: ReadonlyMap<string, FleetRow>;
  readonly passing: readonly FleetRow[];
}

interface Told {
  readonly title: string;
  readonly outcome: Outcome;
  readonly operations?: readonly number[] | undefined;
}

export const SelectionBar = ({
  selection: { names, change, isInAddress },
  all,
  passing,
}: SelectionBarProps): JSX.Element | null => {
  const [open, setOpen] = useState<ActOffered | undefined>();
  const [told, setTold] = useState<Told | undefined>();
  const hosts = useMemo(() => inOrder(names), [names]);
  const nodeset = useMemo(() => foldNodeset(names), [names]);
  const asked = useMemo(() => questionsOf(hosts), [hosts]);
  const unseen = useMemo(() => {
    if (hosts.length === 0) return [];
    const shown = new Set(passing.map(({ machine }) => machine));
    return hosts.filter((host) => !shown.has(host));
  }, [hosts, passing]);
  const gone = unseen.filter((host) => !all.has(host));
  const close = (): void => setOpen(undefined);
  return (
    <>
      {names.size === 0 ? null : (
        <section class="selection" aria-label="What is picked">
          <p>
            <b>{counted(names.size, 'machine')} picked:</b> <span class="nodeset">{nodeset}</span>
            {unseen.length > 0 ? (
              <span class="busy">
                {' '}
                {unseen.length} of them {unseen.length === 1 ? 'is' : 'are'} not among those shown
                {gone.length > 0 ? `, ${gone.length} not here at all` : ''}.
              </span>
            ) : null}
            {isInAddress ? null : (
              <span class="quiet"> Too many for the address: a link does not pick them.</span>
            )}
          </p>
          <div class="buttons">
            {offered.map(({ action, acts }) => (
              <Acts key={action} right={{ action, hosts: asked }} acts={acts} open={setOpen} />
            ))}
            <button type="button" onClick={() => change(new Set())}>
              Pick none
            </button>
          </div>
        </section>
      )}
      {open ? (
        <open.Dialog
          hosts={hosts}
          nodeset={nodeset}
          close={close}
          tell={(title, outcome, operations) => setTold({ title, outcome, operations })}
        />
      ) : null}
      {told && !open ? <OutcomeDialog {...told} close={() => setTold(undefined)} /> : null}
    </>
  );
};

interface ActsProps {
  readonly right: Asked;
  readonly acts: readonly ActOffered[];
  readonly open: (act: ActOffered) => void;
}

const Acts = ({ right, acts, open }: ActsProps): JSX.Element => {
  const may = useRight(right);
  const isPast = useMoment() !== undefined;
  const why = isPast ? 'This is the past: nothing can be done there.' : may.why;
  const id = `why-${right.action}`;
  return (
    <span class="act">
      {acts.map((one) => (
        <button
          key={one.label}
          type="button"
          aria-disabled={why === undefined ? undefined : 'true'}
          aria-describedby={why === undefined ? undefined : id}
          onClick={() => (why === undefined ? open(one) : undefined)}
        >
          {one.label}
        </button>
      ))}
      {why === undefined ? null : (
        <span id={id} class="why-not">
          {why}
        </span>
      )}
    </span>
  );
};
