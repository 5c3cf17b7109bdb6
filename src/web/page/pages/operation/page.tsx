/** One operation: how far it is, stage by stage, live to its end; who ordered it, and how to take it back. */

import type { JSX } from 'preact';
import type { Operation } from '../../../../client/types.ts';
import { CancelOperation } from '../../acting/cancel-operation.tsx';
import { OperationShown } from '../../acting/operation-progress.tsx';
import { useOperation } from '../../acting/use-operation.ts';
import type { Page as PageOf } from '../../page.ts';
import { Moment } from '../../parts/age.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { Link, MachineLink } from '../../parts/link.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Problem } from '../../parts/problem.tsx';

export const Page: PageOf = ({ parameters }) => {
  const id = Number(parameters.id);
  const isNumber = Number.isSafeInteger(id) && id > 0;
  if (!isNumber)
    return <Problem error={new Error(`“${parameters.id}” is no number of an operation.`)} />;
  return <One id={id} />;
};

const One = ({ id }: { readonly id: number }): JSX.Element => {
  const { operation, error } = useOperation(id);
  return (
    <>
      <PageTitle
        title={operation ? `${operation.kind} of ${operation.subject}` : `Operation ${id}`}
      >
        <CopyCommand command={['halctl', 'operation', String(id)]} />
      </PageTitle>
      <Problem error={error} />
      {operation ? (
        <>
          <OperationShown operation={operation} />
          <About operation={operation} />
          <CancelOperation operation={operation} />
        </>
      ) : null}
    </>
  );
};

const About = ({ operation }: { readonly operation: Operation }): JSX.Element => {
  const { id, subject, actor, at, begun, ended, queued_behind: behind, kind } = operation;
  return (
    <dl>
      <dt>About</dt>
      <dd>
        <Subject of={subject} />
        {kind === 'campaign' ? (
          <>
            {' '}
            <Link to={`/campaigns/${id}`}>each of its machines</Link>
          </>
        ) : null}
      </dd>
      <dt>Ordered</dt>
      <dd>
        <Moment at={at} /> {actor === null ? '' : `by ${actor}`},{' '}
        <Link to={`/events/${id}.0`}>revision {id}</Link>
      </dd>
      {begun === null ? null : (
        <>
          <dt>Begun</dt>
          <dd>
            <Moment at={begun} />
          </dd>
        </>
      )}
      {ended === null ? null : (
        <>
          <dt>Ended</dt>
          <dd>
            <Moment at={ended} />
          </dd>
        </>
      )}
      {behind === null ? null : (
        <>
          <dt>Waits for</dt>
          <dd>
            <Link to={`/operations/${behind}`}>operation {behind}</Link>
          </dd>
        </>
      )}
    </dl>
  );
};

/** A fid of a process or node, a machine, or the cluster. */
const Subject = ({ of }: { readonly of: string }): JSX.Element => {
  if (/^0x72/.test(of)) return <Link to={`/processes/${encodeURIComponent(of)}`}>{of}</Link>;
  return of.includes('.') ? <MachineLink fqdn={of} /> : <>{of}</>;
};
