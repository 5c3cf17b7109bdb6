/** One event and the commit it was part of, as the chain of what set off what; or the chain behind a resource. */

import type { JSX } from 'preact';
import type { EventReply, Why } from '../../../../client/types.ts';
import { briefly } from '../../../../client/view/words.ts';
import type { Page as PageOf } from '../../page.ts';
import { Moment } from '../../parts/age.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { Link } from '../../parts/link.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useAnswer } from '../../state/answer.ts';
import { station } from '../../state/station.ts';
import { treeOf } from './chain.ts';
import type { Caused } from './chain.ts';

export const Page: PageOf = ({ parameters }) => {
  const id = parameters.id ?? '';
  return /^\d{1,15}\.\d{1,6}$/.test(id) ? <OneEvent id={id} /> : <Resource id={id} />;
};

const OneEvent = ({ id }: { readonly id: string }): JSX.Element => {
  const revision = Number(id.split('.')[0]);
  const { data, error, again } = useAnswer(`event ${id}`, async (signal) => {
    const { events } = await station.listEvents({ signal, from: revision - 1, limit: 1 });
    return events.filter((one) => one.id.startsWith(`${revision}.`));
  });
  const event = data?.find((one) => one.id === id);
  const roots = data ? treeOf(data) : [];
  return (
    <>
      <PageTitle title={event ? event.type : `Event ${id}`}>
        <Link to={`/fleet?at=${revision}`}>The cluster then</Link>
        <CopyCommand
          command={['halctl', 'events', '--from', String(revision - 1), '--limit', '1', '--json']}
        />
      </PageTitle>
      <Problem error={error} again={again} />
      {data && !event ? <p>There is no event {id}, or you may not see it.</p> : null}
      {event ? (
        <>
          <dl>
            <dt>When</dt>
            <dd>
              <Moment at={event.at} />, revision {revision}
            </dd>
            <dt>By</dt>
            <dd>{event.actor}</dd>
            <dt>Set off by</dt>
            <dd>
              {event.rule === null ? 'the command' : `the rule ${event.rule}`}, because of{' '}
              <Cause of={event.causation} />
            </dd>
            <dt>Command</dt>
            <dd>{event.correlation}</dd>
          </dl>
          <h2>What it says</h2>
          <pre tabindex={0}>{JSON.stringify(event.data, null, 2)}</pre>
          <h2>What set off what, in this commit</h2>
          <ul class="chain">
            {roots.map((one) => (
              <Chain key={one.event.id} caused={one} current={id} />
            ))}
          </ul>
        </>
      ) : null}
    </>
  );
};

const Cause = ({ of }: { readonly of: string }): JSX.Element =>
  /^\d+\.\d+$/.test(of) ? <Link to={`/events/${of}`}>{of}</Link> : <span>{of}</span>;

const Chain = ({
  caused,
  current,
}: {
  readonly caused: Caused;
  readonly current: string;
}): JSX.Element => {
  const { event, then } = caused;
  return (
    <li>
      <Line event={event} isCurrent={event.id === current} />
      {then.length === 0 ? null : (
        <ul>
          {then.map((one) => (
            <Chain key={one.event.id} caused={one} current={current} />
          ))}
        </ul>
      )}
    </li>
  );
};

const Line = ({
  event,
  isCurrent,
}: {
  readonly event: EventReply;
  readonly isCurrent: boolean;
}): JSX.Element => (
  <>
    <Link to={`/events/${event.id}`} aria-current={isCurrent ? 'true' : undefined}>
      {event.id}
    </Link>{' '}
    <strong>{event.type}</strong>
    {event.rule === null ? null : ` by the rule ${event.rule}`}{' '}
    <span class="quiet">{briefly(event.data)}</span>
  </>
);

/** Why a resource is as it is: the commits that made and changed it. */
const Resource = ({ id }: { readonly id: string }): JSX.Element => {
  const { data, error, again } = useAnswer(`why ${id}`, (signal) => station.why(id, { signal }));
  return (
    <>
      <PageTitle title={`Why ${id} is as it is`}>
        <CopyCommand command={['halctl', 'why', id]} />
      </PageTitle>
      <Problem error={error} again={again} />
      {data ? <Steps why={data} /> : null}
    </>
  );
};

const Steps = ({ why }: { readonly why: Why }): JSX.Element => (
  <>
    <p>
      {why.kind}: <span class="quiet">{briefly(why.resource)}</span>
    </p>
    <ol class="chain">
      {why.steps.map(({ revision, at, actor, command, events }) => (
        <li key={revision}>
          <Moment at={at} />, revision {revision}: {command} by {actor}
          <ul>
            {events.map((event) => (
              <li key={event.id}>
                <Line event={event} isCurrent={false} />
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  </>
);
