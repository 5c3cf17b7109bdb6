/** Sessions: one's own, and those of all for whoever administers; each can be ended. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Session } from '../../../../client/types.ts';
import { OrderDialog } from '../../acting/order-dialog.tsx';
import { Ago, Moment } from '../../parts/age.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useEvery } from '../../state/every.ts';
import { station } from '../../state/station.ts';
import { OwnButton } from './own-button.tsx';
import { Shown } from './shown.tsx';
import { ShortTable } from '../../parts/short-table.tsx';

const everyMs = 15_000;

const ownerOf = ({ user, opener }: Session): string => user ?? `token ${opener ?? '?'}`;

export const Sessions = (): JSX.Element => {
  const answered = useAnswer(
    'sessions',
    (signal) => station.listSessions({ signal }),
    useEvery(everyMs),
  );
  const [ending, setEnding] = useState<Session | undefined>();
  return (
    <>
      <p class="buttons">
        <CopyCommand command={['halctl', 'auth', 'sessions']} />
      </p>
      <Shown answered={answered} what="the sessions">
        {({ items }) => (
          <ShortTable
            label="Sessions"
            titles={['Whose', 'Role', 'Begun', 'Used', 'From', 'Ends', 'Second factor', 'End it']}
          >
            {items.map((session) => (
              <Row key={session.id} session={session} end={() => setEnding(session)} />
            ))}
          </ShortTable>
        )}
      </Shown>
      {ending ? (
        <OrderDialog
          title={`End session ${ending.id}`}
          verb="End the session"
          danger
          order={() => station.endSession(ending.id)}
          told={() => `The session ${ending.id} has ended.`}
          done={answered.again}
          close={() => setEnding(undefined)}
        >
          <p>
            Of {ownerOf(ending)}
            {ending.current ? ': it is this one, and you are asked to sign in again' : ''}. Who has
            it is asked to sign in; grants that it took up end with it.
          </p>
        </OrderDialog>
      ) : null}
    </>
  );
};

interface RowProps {
  readonly session: Session;
  readonly end: () => void;
}

const Row = ({ session, end }: RowProps): JSX.Element => {
  const { id, role, begun, used, expires, second_factor: hasFactor, current } = session;
  return (
    <tr>
      <th scope="row">
        {ownerOf(session)} {current ? <strong>(this one)</strong> : null}
      </th>
      <td>{role}</td>
      <td>
        <Moment at={begun} />
      </td>
      <td>{used === null ? 'not since the station started' : <Ago at={used.at} />}</td>
      <td>{used === null ? '' : `${used.address} ${used.agent ?? ''}`}</td>
      <td>
        <Moment at={expires} />
      </td>
      <td>{hasFactor ? 'yes' : 'no'}</td>
      <td>
        <OwnButton onPress={end}>End {id}…</OwnButton>
      </td>
    </tr>
  );
};
