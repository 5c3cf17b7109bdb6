/** The machine in one word and why, what it belongs to, and who works on it. */

import type { JSX } from 'preact';
import { columnsNamed, machineFields } from '../../../../checks/view/request.ts';
import { Ago, Moment } from '../../parts/age.tsx';
import { Link } from '../../parts/link.tsx';
import { State } from '../../parts/state.tsx';
import type { KnownMachine } from './known.ts';

export const Summary = ({ row, checks, at, holder }: KnownMachine): JSX.Element => {
  const [state, ...fields] = columnsNamed(machineFields, checks);
  const { maintenance, note } = row;
  const worksOnIt = holder?.maintenance;
  const who = worksOnIt?.by === maintenance?.by ? worksOnIt?.by_name : null;
  const said = fields
    .filter(({ id }) => !['maintenance', 'project', 'reason'].includes(id))
    .map((column) => [column, column.text(row, at)] as const)
    .filter(([, text]) => text !== '');
  return (
    <section aria-label="How it is" class="how">
      <p class="verdict" role="status">
        <State
          sign={state!.symbol?.(row) ?? ''}
          word={row.state}
          tone={state!.tone?.(row) ?? 'plain'}
        />
        {row.reason === '' ? null : <>: {row.reason}</>}
      </p>
      {maintenance ? (
        <p class="banner stale">
          Somebody works on it: {maintenance.reason} ({who ?? maintenance.by}, since{' '}
          <Moment at={maintenance.since} />
          {maintenance.until === null ? (
            ''
          ) : (
            <>
              , until <Moment at={maintenance.until} />
            </>
          )}
          ).
        </p>
      ) : null}
      <dl>
        {said.map(([{ id, title, description }, text]) => (
          <div key={id}>
            <dt title={description}>{title}</dt>
            <dd>
              {id === 'since' ? (
                <>
                  <Moment at={row.since} /> (<Ago at={row.since} />)
                </>
              ) : (
                text
              )}
            </dd>
          </div>
        ))}
        {row.project === null ? null : (
          <div>
            <dt>PROJECT</dt>
            <dd>{row.project}</dd>
          </div>
        )}
        {note ? (
          <div>
            <dt>NOTE</dt>
            <dd>
              {note.text}{' '}
              <span class="quiet">
                (<Ago at={note.at} />)
              </span>
            </dd>
          </div>
        ) : null}
      </dl>
      <p class="quiet">
        As of <Moment at={at} />.{' '}
        <Link to={`/fleet?nodes=${encodeURIComponent(row.machine)}`}>See it in the fleet</Link>
      </p>
    </section>
  );
};
