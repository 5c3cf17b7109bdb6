/** How far long work is, stage by stage, live to its end: what was skipped, what failed, and why. */

import type { JSX } from 'preact';
import { formatSeconds } from '../../../checks/view/quantities.ts';
import type { Operation } from '../../../client/types.ts';
import { isUnderWay } from '../../../client/view/operation-words.ts';
import { Moment, useNow } from '../parts/age.tsx';
import { Link } from '../parts/link.tsx';
import { Problem } from '../parts/problem.tsx';
import { State } from '../parts/state.tsx';
import { lookOf, sentenceOf } from './operation-state.ts';
import { useOperation } from './use-operation.ts';
import './acting.css';

interface OperationProgressProps {
  readonly id: number;
  /** As it was answered when it was ordered, to be shown at once. */
  readonly begun?: Operation | undefined;
}

/** An operation by its id, followed to its end. */
export const OperationProgress = ({ id, begun }: OperationProgressProps): JSX.Element => {
  const { operation, error } = useOperation(id, begun);
  return (
    <>
      <Problem error={error} />
      {operation ? (
        <OperationShown operation={operation} />
      ) : (
        <p class="quiet">Asking how far it is…</p>
      )}
    </>
  );
};

/** How an operation is, as it is given. */
export const OperationShown = ({ operation }: { readonly operation: Operation }): JSX.Element => {
  const { id, kind, state, stages, total, done, failed, warnings } = operation;
  const { sign, tone } = lookOf(state);
  const isMany = total > 1;
  return (
    <section class="operation" aria-label={`Operation ${id}`}>
      <p role="status">
        <State sign={sign} word={state} tone={tone} />: {sentenceOf(operation)}{' '}
        {id > 0 ? <Link to={`/operations/${id}`}>Operation {id}</Link> : null}
        {kind === 'campaign' ? (
          <>
            {', '}
            <Link to={`/campaigns/${id}`}>each of its machines</Link>
          </>
        ) : null}
      </p>
      {isMany && isUnderWay(operation) ? (
        <progress max={total} value={done} aria-label="Done">
          {done} of {total}
        </progress>
      ) : null}
      {warnings.map((warning) => (
        <p key={warning} class="busy">
          Warning: {warning}
        </p>
      ))}
      {stages.length > 0 ? <Stages stages={stages} /> : null}
      {isMany && failed.length > 0 ? (
        <ul aria-label="What failed">
          {failed.map(({ fid, host, name, state: how, reason }) => (
            <li key={`${host} ${fid ?? name}`}>
              {fid === null ? host : `${name} on ${host}`}: {how}
              {reason === '' ? '' : `, ${reason}`}
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
};

const Stages = ({ stages }: Pick<Operation, 'stages'>): JSX.Element => (
  <ol class="stages" aria-label="Stages">
    {stages.map((stage) => (
      <Stage key={stage.name} stage={stage} />
    ))}
  </ol>
);

const Stage = ({ stage }: { readonly stage: Operation['stages'][number] }): JSX.Element => {
  const { name, text, state, began, ended, detail } = stage;
  const { sign, tone } = lookOf(state);
  return (
    <li class={`stage ${state}`} aria-current={state === 'running' ? 'step' : undefined}>
      <State sign={sign} word={state} tone={tone} /> <strong>{name}</strong>: {text}
      {detail === '' ? null : <span class="detail"> – {detail}</span>}{' '}
      {began === null ? null : (
        <span class="quiet">
          <Moment at={began} />{' '}
          {ended === null ? <Since at={began} /> : `for ${spanOf(began, ended)}`}
        </span>
      )}
    </li>
  );
};

const spanOf = (began: number, ended: number): string =>
  formatSeconds(Math.max(0, Math.round((ended - began) / 1000)));

const Since = ({ at }: { readonly at: number }): JSX.Element => <>for {spanOf(at, useNow())}</>;
