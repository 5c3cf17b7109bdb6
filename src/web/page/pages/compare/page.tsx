/** A machine at two moments, side by side. Both stand in the address. */

import type { JSX } from 'preact';
import type { PageParameters } from '../../../page-paths.ts';
import { Moment } from '../../parts/age.tsx';
import { TextField } from '../../parts/fields.tsx';
import { Link, machinePath } from '../../parts/link.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useMoment } from '../../state/moment.ts';
import { changeQuery, usePlace } from '../../state/router.ts';
import { machineAt } from './at-moment.ts';
import type { Then } from './at-moment.ts';
import { differences } from './differences.ts';
import type { Difference, Part } from './differences.ts';
import './compare.css';

export const Page = ({ parameters }: { readonly parameters: PageParameters }): JSX.Element => {
  const fqdn = parameters['fqdn']!;
  const { query } = usePlace();
  const moment = useMoment();
  const from = query.get('from') ?? undefined;
  const to = query.get('to') ?? moment;
  const isWhole = query.get('all') === '1';
  const before = useAnswer(from === undefined ? null : `${fqdn} at ${from}`, (signal) =>
    machineAt(fqdn, from, signal),
  );
  const after = useAnswer(`${fqdn} at ${to ?? 'now'}`, (signal) => machineAt(fqdn, to, signal));
  return (
    <>
      <PageTitle title={`${fqdn} at two moments`}>
        <Link to={machinePath(fqdn)}>The machine</Link>
      </PageTitle>
      <div class="bar">
        <TextField name="from" label="Before" placeholder="revision or time" isFirst />
        <TextField name="to" label="After" placeholder={moment ?? 'now'} />
        <button
          type="button"
          disabled={from === undefined || to === undefined}
          onClick={() => changeQuery({ from: to ?? null, to: from ?? null })}
        >
          Turn them round
        </button>
        <label>
          <input
            type="checkbox"
            checked={isWhole}
            onChange={() => changeQuery({ all: isWhole ? null : '1' }, { replace: true })}
          />
          Also what is the same
        </label>
      </div>
      {from === undefined ? (
        <p>
          Say which moment is compared: a revision, such as 42, or a time, such as
          2026-11-21T10:00:00Z. <Link to={`${machinePath(fqdn)}#history`}>What happened</Link> has
          them.
        </p>
      ) : null}
      <Problem error={before.error} again={before.again} />
      <Problem error={after.error} again={after.again} />
      {before.isLoading || after.isLoading ? <p class="quiet">Asking…</p> : null}
      {before.data && after.data ? (
        <SideBySide before={before.data} after={after.data} isWhole={isWhole} />
      ) : null}
    </>
  );
};

interface SideBySideProps {
  readonly before: Then;
  readonly after: Then;
  readonly isWhole: boolean;
}

const SideBySide = ({ before, after, isWhole }: SideBySideProps): JSX.Element => {
  const parts = differences(before, after);
  const changed = parts.flatMap(({ rows }) => rows).filter(({ isSame }) => !isSame).length;
  const left = Math.max(before.left, after.left);
  return (
    <>
      <p role="status">
        {changed === 0
          ? 'Nothing differs in what the log knows.'
          : `${changed} ${changed === 1 ? 'thing differs' : 'things differ'}.`}
      </p>
      {left === 0 ? null : (
        <p class="quiet">The configurations of {left} more processes are not compared.</p>
      )}
      {parts.map((part) => (
        <PartShown key={part.title} {...{ part, before, after, isWhole }} />
      ))}
    </>
  );
};

const PartShown = ({
  part: { title, rows },
  before,
  after,
  isWhole,
}: SideBySideProps & { readonly part: Part }): JSX.Element => {
  const shown = isWhole ? rows : rows.filter(({ isSame }) => !isSame);
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      {shown.length === 0 ? (
        <p class="quiet">{rows.length === 0 ? 'Nothing at either moment.' : 'The same.'}</p>
      ) : (
        <div class="scroll" tabindex={0} role="region" aria-label={`${title} at two moments`}>
          <table class="two-moments">
            <thead>
              <tr>
                <th scope="col">WHAT</th>
                <th scope="col">
                  <Heading then={before} />
                </th>
                <th scope="col">
                  <Heading then={after} />
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <Row key={row.what} row={row} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
};

const Heading = ({ then: { time, revision } }: { readonly then: Then }): JSX.Element => (
  <>
    <Moment at={time} /> <span class="quiet">revision {revision}</span>
  </>
);

const Row = ({
  row: { what, before, after, isSame },
}: {
  readonly row: Difference;
}): JSX.Element => (
  <tr class={isSame ? 'same' : 'other'}>
    <th scope="row">
      {isSame ? null : (
        <span class="sign busy" aria-label="differs">
          ≠{' '}
        </span>
      )}
      {what}
    </th>
    <td>{before === undefined ? <span class="quiet">not there</span> : before}</td>
    <td>{after === undefined ? <span class="quiet">not there</span> : after}</td>
  </tr>
);
