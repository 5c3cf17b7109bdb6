/** Grants: rights taken up for a while; how long each is still good, and ending it. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { formatSeconds } from '../../../../checks/view/quantities.ts';
import type { Grant } from '../../../../client/types.ts';
import { foldNodeset } from '../../../../nodeset/nodeset.ts';
import { Elevate } from '../../acting/elevate.tsx';
import { OrderDialog } from '../../acting/order-dialog.tsx';
import { Act } from '../../parts/act.tsx';
import { Moment, useNow } from '../../parts/age.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { announce } from '../../state/announce.ts';
import { useAnswer } from '../../state/answer.ts';
import { useChanges } from '../../state/changes.ts';
import { forgetRights } from '../../state/rights.ts';
import { station } from '../../state/station.ts';
import { useSession } from '../../state/who.ts';
import { NodesetField, useMachinesMeant } from './nodeset-field.tsx';
import { OwnButton } from './own-button.tsx';
import { Shown } from './shown.tsx';
import '../../acting/acting.css';
import { ShortTable } from '../../parts/short-table.tsx';

const grantEvents = ['GrantGiven', 'GrantUsed', 'GrantRevoked', 'GrantExpired'];

export const Grants = (): JSX.Element => {
  const round = useChanges('grants', grantEvents);
  const answered = useAnswer('grants', (signal) => station.listGrants({ signal }), round);
  const [isTaking, setTaking] = useState(false);
  const [revoked, setRevoked] = useState<Grant | undefined>();
  return (
    <>
      <p class="buttons">
        <OwnButton onPress={() => setTaking(true)}>Take up a grant…</OwnButton>
        <CopyCommand command={['halctl', 'auth', 'grant', 'list']} />
      </p>
      <Shown answered={answered} what="the grants">
        {({ items }) =>
          items.length === 0 ? (
            <p>There are none.</p>
          ) : (
            <GrantTable grants={items} revoke={setRevoked} />
          )
        }
      </Shown>
      {isTaking ? (
        <TakeDialog
          done={(grant) => {
            setTaking(false);
            announce(`You have the grant ${grant.id}.`, 'good');
            answered.again();
          }}
          close={() => setTaking(false)}
        />
      ) : null}
      {revoked ? (
        <OrderDialog
          title={`Revoke grant ${revoked.id}`}
          verb="Revoke the grant"
          danger
          plan={(_, options) => station.revokeGrant(revoked.id, options)}
          order={(_, options) => station.revokeGrant(revoked.id, options)}
          command={() => ['halctl', 'auth', 'grant', 'revoke', revoked.id]}
          told={() => `The grant ${revoked.id} is not good any more.`}
          done={() => {
            forgetRights();
            answered.again();
          }}
          close={() => setRevoked(undefined)}
        >
          <p>What waits by it is not done any more. You may revoke your own; administrators any.</p>
        </OrderDialog>
      ) : null}
    </>
  );
};

interface GrantTableProps {
  readonly grants: readonly Grant[];
  readonly revoke: (grant: Grant) => void;
}

const GrantTable = ({ grants, revoke }: GrantTableProps): JSX.Element => (
  <ShortTable
    label="Grants"
    titles={['Whose', 'For', 'Machines', 'Used', 'Left', 'Why', 'Second factor', 'Revoke it']}
  >
    {grants.map((grant) => (
      <tr key={grant.id}>
        <th scope="row">{grant.user ?? `token ${grant.token}`}</th>
        <td>{grant.actions.join(', ')}</td>
        <td>{grant.hosts === null ? 'all' : foldNodeset(grant.hosts)}</td>
        <td>
          {grant.used}
          {grant.uses === null ? '' : ` of ${grant.uses}`}
        </td>
        <td>
          <Left until={grant.until} />
        </td>
        <td>{grant.reason}</td>
        <td>{grant.second_factor ? 'yes' : 'no'}</td>
        <td>
          <Revoke grant={grant} revoke={() => revoke(grant)} />
        </td>
      </tr>
    ))}
  </ShortTable>
);

interface RevokeProps {
  readonly grant: Grant;
  readonly revoke: () => void;
}

/** One's own, or anybody's as an administrator. */
const Revoke = ({ grant: { id, token, user }, revoke }: RevokeProps): JSX.Element => {
  const { who } = useSession();
  const isOwn = token === who.id || (user !== null && user === who.user);
  return isOwn ? (
    <OwnButton onPress={revoke}>Revoke {id}…</OwnButton>
  ) : (
    <Act right={{ action: 'administer' }} onPress={revoke}>
      Revoke {id}…
    </Act>
  );
};

/** By the clock of the station. */
const Left = ({ until }: { readonly until: number }): JSX.Element => {
  const left = Math.ceil((until - useNow()) / 1000);
  return (
    <>
      {left > 0 ? formatSeconds(left) : 'over'},{' '}
      <span class="quiet">
        until <Moment at={until} />
      </span>
    </>
  );
};

interface TakeDialogProps {
  readonly done: (grant: Grant) => void;
  readonly close: () => void;
}

const TakeDialog = ({ done, close }: TakeDialogProps): JSX.Element => {
  const meant = useMachinesMeant();
  return (
    <Dialog title="Take up a grant" close={close}>
      <div class="order">
        <NodesetField meant={meant} />
        {meant.hosts === undefined ? (
          <p class="quiet">
            Say which machines it is for: to restart them, or switch them on or off.
          </p>
        ) : (
          <Elevate key={meant.text} hosts={meant.hosts} done={done} />
        )}
      </div>
    </Dialog>
  );
};
