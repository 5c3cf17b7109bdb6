/** What each check found last, how old that is, when it looks again; and a look now. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { allColumns, formatValue } from '../../../../checks/view/columns.ts';
import type { Column, ValueType } from '../../../../checks/view/columns.ts';
import { formatSeconds } from '../../../../checks/view/quantities.ts';
import type { ViewedCheck } from '../../../../checks/view/row.ts';
import type { CheckList, CheckRun } from '../../../../client/types.ts';
import { Act } from '../../parts/act.tsx';
import { Ago, useNow } from '../../parts/age.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { Problem } from '../../parts/problem.tsx';
import { State } from '../../parts/state.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useMoment } from '../../state/moment.ts';
import { changeQuery, usePlace } from '../../state/router.ts';
import { station } from '../../state/station.ts';
import { CheckHistory } from './check-history.tsx';
import type { KnownMachine } from './known.ts';

type Check = CheckList['checks'][number];

const titles = ['CHECK', 'VERDICT', 'VALUE', 'IN WORDS', 'AGE', 'NEXT LOOK', 'MORE'];
const pastTitles = ['CHECK', 'VERDICT', 'VALUE', 'IN WORDS', 'CONFIRMED', 'MORE'];

export const Checks = ({ machine }: { readonly machine: KnownMachine }): JSX.Element => {
  const { row, checks, fqdn } = machine;
  const isPast = useMoment() !== undefined;
  const [run, setRun] = useState<RunShown>({ checks: [] });
  const catalogue = useAnswer(isPast ? null : 'checks', (signal) => station.checks({ signal }));
  const all = allColumns(checks);
  const shown = row.checks.filter(({ check }) => all.has(`${check}.verdict`));
  const look = (names: readonly string[]): void => {
    setRun({ checks: names, isRunning: true });
    lookNow(fqdn, names)
      .then((found) => setRun({ checks: names, found }))
      .catch((error: unknown) => setRun({ checks: names, error }));
  };
  return (
    <section aria-labelledby="checks">
      <h2 id="checks">Checks</h2>
      {isPast ? (
        <p class="quiet">As they were confirmed by then; what was measured is not in the log.</p>
      ) : (
        <p class="bar">
          <Act
            right={{ action: 'operate', hosts: fqdn, ofOwners: true }}
            unless={run.isRunning ? 'It is being looked at.' : undefined}
            onPress={() => look([])}
          >
            Check it now
          </Act>
          <CopyCommand command={['halctl', 'check', 'run', fqdn]} />
        </p>
      )}
      <Found run={run} checks={checks} />
      {shown.length === 0 ? (
        <p>Nothing {isPast ? 'was known of it by checks then' : 'was found out about it yet'}.</p>
      ) : (
        <div class="scroll" tabindex={0} role="region" aria-label="Checks of the machine">
          <table>
            <thead>
              <tr>
                {(isPast ? pastTitles : titles).map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map(({ check, observedAt }) => (
                <CheckRow
                  key={check}
                  {...{ machine, check, all, observedAt }}
                  known={catalogue.data?.checks.find(({ id }) => id === check)}
                  look={isPast ? undefined : () => look([check])}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
};

interface CheckRowProps {
  readonly machine: KnownMachine;
  readonly check: string;
  readonly all: ReadonlyMap<string, Column>;
  readonly observedAt: number;
  readonly known: Check | undefined;
  readonly look: (() => void) | undefined;
}

const CheckRow = ({ machine, check, all, observedAt, known, look }: CheckRowProps): JSX.Element => {
  const { row, at, fqdn } = machine;
  const opened = usePlace().query.get('check') === check;
  const column = all.get(check)!;
  const found = row.checks.find((one) => one.check === check)!;
  const of = (part: string): string => all.get(`${check}.${part}`)?.text(row, at) ?? '';
  // What has a column of the machine itself has no sign of its own.
  const sign = column.observation ? (column.symbol?.(row) ?? '') : '';
  return (
    <>
      <tr>
        <th scope="row" title={known?.description}>
          {check}
        </th>
        <td>
          <State sign={sign} word={found.verdict} tone={column.tone?.(row) ?? 'plain'} />
        </td>
        <td>{of('value')}</td>
        <td>{of('text')}</td>
        <td>
          <Ago at={observedAt} />
        </td>
        {look ? <td>{known ? <NextLook check={known} since={observedAt} /> : ''}</td> : null}
        <td class="acts">
          {look ? (
            <Act
              right={{ action: 'operate', hosts: fqdn, ofOwners: true }}
              unless={known?.lack ?? undefined}
              onPress={look}
            >
              Check <span class="hidden">{check}</span> now
            </Act>
          ) : null}{' '}
          <button
            type="button"
            aria-expanded={opened}
            onClick={() => changeQuery({ check: opened ? null : check })}
          >
            History<span class="hidden"> of {check}</span>
          </button>
        </td>
      </tr>
      {opened ? (
        <tr>
          <td colspan={7}>
            <CheckHistory fqdn={fqdn} check={check} />
          </td>
        </tr>
      ) : null}
    </>
  );
};

const NextLook = ({
  check: { enabled, period },
  since,
}: {
  readonly check: Check;
  readonly since: number;
}): JSX.Element => {
  const now = useNow();
  if (!enabled) return <>only when it is asked for</>;
  const left = Math.ceil((since + period * 1000 - now) / 1000);
  return <>{left > 0 ? `in ${formatSeconds(left)}` : 'due'}</>;
};

interface RunShown {
  /** Which were asked for; none: all that run by themselves. */
  readonly checks: readonly string[];
  readonly isRunning?: true;
  readonly found?: CheckRun;
  readonly error?: unknown;
}

/** Seconds that one answer is held back, and looks at it at most. */
const [heldSeconds, looksMax] = [10, 30];

const lookNow = async (fqdn: string, checks: readonly string[]): Promise<CheckRun> => {
  let run = await station.startCheckRun({
    nodes: fqdn,
    ...(checks.length === 0 ? {} : { checks: [...checks] }),
  });
  for (let looks = 0; run.state === 'running' && looks < looksMax; looks += 1)
    run = await station.checkRun(run.id, { wait: heldSeconds });
  return run;
};

interface FoundProps {
  readonly run: RunShown;
  /** What is known of them. */
  readonly checks: readonly ViewedCheck[];
}

const Found = ({ run, checks }: FoundProps): JSX.Element => {
  const { isRunning, found, error } = run;
  const typeOf = (id: string): ValueType => checks.find((one) => one.id === id)?.type ?? 'text';
  return (
    <div role="status" class="found">
      {isRunning ? (
        <p>Looking{run.checks.length === 0 ? '' : `: ${run.checks.join(', ')}`}…</p>
      ) : null}
      <Problem error={error} />
      {found ? (
        <>
          <p>
            Looked just now: {found.done} of {found.total} answered
            {found.state === 'running' ? ', the others not yet' : ''}.
          </p>
          <ul>
            {found.results.map((one) => (
              <li key={one.check}>
                {one.check}: {one.verdict}
                {one.value === null ? '' : ` ${formatValue(one.value, typeOf(one.check))}`}
                {one.text === '' || one.text === one.verdict ? '' : `, ${one.text}`}{' '}
                <span class="quiet">({Math.round(one.duration_ms)} ms)</span>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </div>
  );
};
