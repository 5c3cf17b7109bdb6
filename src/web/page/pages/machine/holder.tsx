/** What has the machine now, how far that is, and what waits for it. */

import type { JSX } from 'preact';
import type { Holder } from '../../../../client/types.ts';
import { CancelOperation } from '../../acting/cancel-operation.tsx';
import { OperationShown } from '../../acting/operation-progress.tsx';
import { useOperation } from '../../acting/use-operation.ts';
import { Ago } from '../../parts/age.tsx';
import { Link } from '../../parts/link.tsx';

export const UnderWay = ({ holder }: { readonly holder: Holder }): JSX.Element | null => {
  const { holder: has, waiting } = holder;
  if (!has && waiting.length === 0) return null;
  return (
    <section aria-labelledby="under-way">
      <h2 id="under-way">Under way</h2>
      {has ? <Held turn={has} /> : null}
      {waiting.length === 0 ? null : (
        <ol aria-label="What waits for its turn">
          {waiting.map((turn) => (
            <li key={turn.operation}>
              {turn.what} (
              <Link to={`/operations/${turn.operation}`}>operation {turn.operation}</Link>,{' '}
              {byOf(turn)}, ordered <Ago at={turn.since} />)
            </li>
          ))}
        </ol>
      )}
    </section>
  );
};

type Turn = Holder['waiting'][number];

const byOf = ({ by_names: by }: Turn): string =>
  by.length === 0 ? 'the station itself' : by.join(', ');

const Held = ({ turn }: { readonly turn: Turn }): JSX.Element => {
  const { operation } = useOperation(turn.operation);
  return (
    <>
      <p>
        {turn.what} has it since <Ago at={turn.since} />, ordered by {byOf(turn)}.
      </p>
      {operation ? (
        <>
          <OperationShown operation={operation} />
          <p>
            <CancelOperation operation={operation} />
          </p>
        </>
      ) : null}
    </>
  );
};
