/** The machine by its out-of-band manager: power as it was seen last, and readings that are asked for. */

import type { JSX } from 'preact';
import { Ago, Moment } from '../../parts/age.tsx';
import { Link, machinePath } from '../../parts/link.tsx';
import { Problem } from '../../parts/problem.tsx';
import type { Answered } from '../../state/answer.ts';
import { useMoment } from '../../state/moment.ts';
import type { Obm } from '../../../../client/types.ts';
import { whyNoObm } from './known.ts';
import type { KnownMachine } from './known.ts';
import { Readings } from './readings.tsx';

interface OutOfBandProps {
  readonly machine: KnownMachine;
  readonly answered: Answered<Obm | null>;
}

export const OutOfBand = ({ machine, answered }: OutOfBandProps): JSX.Element => {
  const isPast = useMoment() !== undefined;
  const { obm, fqdn } = machine;
  return (
    <section aria-labelledby="obm">
      <h2 id="obm">Out of band</h2>
      <Problem error={answered.error} again={answered.again} />
      {obm === null ? <p>It has no OBM here: none is registered.</p> : null}
      {obm ? <Power obm={obm} /> : null}
      {isPast || !obm ? null : (
        <>
          <p>
            <Link to={`${machinePath(fqdn)}/console`}>Its console</Link>
          </p>
          <Readings fqdn={fqdn} unless={whyNoObm(machine)} />
        </>
      )}
    </section>
  );
};

/** As its OBM daemon told it last: nothing is sent to look at a page. */
const Power = ({
  obm: { state, since, power, trouble, project, label },
}: {
  readonly obm: Obm;
}): JSX.Element => (
  <dl>
    <div>
      <dt>POWER</dt>
      <dd id="power-seen">
        {power === null ? (
          'not known, which is never off'
        ) : (
          <>
            {power.state}, seen <Ago at={power.since} />
          </>
        )}
      </dd>
    </div>
    {trouble ? (
      <div>
        <dt>TROUBLE</dt>
        <dd class="bad">
          ✘ It cannot be reached: {trouble.reason}, since <Moment at={trouble.since} />
        </dd>
      </div>
    ) : null}
    <div>
      <dt>OBM</dt>
      <dd>
        {state} since <Moment at={since} />
        {project === null ? '' : `, for project ${project}`}
        {label === null ? '' : `, called ${label} at its daemon`}
      </dd>
    </div>
  </dl>
);
