/** What is one's own: who one is here, the password, and the authenticator. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { CodesOffered, RecoveryCodes } from '../../../../client/types.ts';
import { OrderDialog } from '../../acting/order-dialog.tsx';
import { Moment } from '../../parts/age.tsx';
import { Link } from '../../parts/link.tsx';
import { nameOf } from '../../state/session.ts';
import { station } from '../../state/station.ts';
import { useSession } from '../../state/who.ts';
import { SecretField } from './fields.tsx';
import { OwnButton } from './own-button.tsx';
import { ShownOnce } from './shown-once.tsx';

const passwordMin = 12;

export const Mine = (): JSX.Element => {
  const { who } = useSession();
  const { user, role, projects, expires } = who;
  return (
    <>
      <dl>
        <dt>You are</dt>
        <dd>{nameOf(who)}</dd>
        <dt>Role</dt>
        <dd>
          {role}
          {projects.map(({ name, role: there }) => (
            <span key={name} class="item">
              {there} in project {name}
            </span>
          ))}
        </dd>
        <dt>This session ends</dt>
        <dd>{expires === null ? 'never' : <Moment at={expires} />}</dd>
      </dl>
      <p>
        <Link to="/settings/sessions">Sessions</Link> · <Link to="/settings/grants">Grants</Link>
      </p>
      {user === null ? (
        <p>
          You have signed in by a token that is no user’s: there is no password and no authenticator
          to change.
        </p>
      ) : (
        <>
          <h2>Password</h2>
          <ChangePassword user={user} />
          <h2>Authenticator</h2>
          <Authenticator user={user} />
        </>
      )}
    </>
  );
};

const ChangePassword = ({ user }: { readonly user: string }): JSX.Element => {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <OwnButton onPress={() => setOpen(true)}>Change the password…</OwnButton>
      {isOpen ? <PasswordDialog user={user} close={() => setOpen(false)} /> : null}
    </>
  );
};

interface PasswordDialogProps {
  readonly user: string;
  readonly close: () => void;
}

const PasswordDialog = ({ user, close }: PasswordDialogProps): JSX.Element => {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const whatLacks = (): string | undefined => {
    if (current === '') return 'Write the password of now.';
    if (password.length < passwordMin) return `A password has ${passwordMin} characters or more.`;
    return again === password ? undefined : 'The two new ones differ.';
  };
  return (
    <OrderDialog
      title="Change your password"
      verb="Change it"
      unless={whatLacks()}
      order={() => station.setPassword(user, { current, password })}
      command={() => ['halctl', 'auth', 'user', 'password', user]}
      told={() => 'You have another password; your other sessions have ended.'}
      close={close}
    >
      <SecretField
        label="Password of now"
        value={current}
        change={setCurrent}
        purpose="current-password"
      />
      <SecretField
        label={`New password, ${passwordMin} characters or more`}
        value={password}
        change={setPassword}
        purpose="new-password"
      />
      <SecretField
        label="The new one again"
        value={again}
        change={setAgain}
        purpose="new-password"
      />
    </OrderDialog>
  );
};

/** By the password a secret is offered; by a code of it codes are asked for from then on. */
const Authenticator = ({ user }: { readonly user: string }): JSX.Element => {
  const [isAsking, setAsking] = useState(false);
  const [offered, setOffered] = useState<CodesOffered | undefined>();
  const [recovery, setRecovery] = useState<RecoveryCodes | undefined>();
  return (
    <>
      <p>
        A program on your telephone that makes a code every half minute. It is asked for when you
        sign in and when you take up a grant.
      </p>
      <OwnButton onPress={() => setAsking(true)}>Set up an authenticator…</OwnButton>
      {isAsking ? (
        <OfferDialog user={user} offered={setOffered} close={() => setAsking(false)} />
      ) : null}
      {offered ? (
        <TakeDialog
          user={user}
          offered={offered}
          taken={setRecovery}
          close={() => setOffered(undefined)}
        />
      ) : null}
      {recovery ? (
        <ShownOnce
          title="Recovery codes"
          what="the recovery codes"
          secret={recovery.recovery_codes.join('\n')}
          close={() => setRecovery(undefined)}
        >
          <p>Each is good once in place of a code, for when the device is lost.</p>
        </ShownOnce>
      ) : null}
    </>
  );
};

interface OfferDialogProps extends PasswordDialogProps {
  readonly offered: (codes: CodesOffered) => void;
}

const OfferDialog = ({ user, offered, close }: OfferDialogProps): JSX.Element => {
  const [password, setPassword] = useState('');
  return (
    <OrderDialog<CodesOffered, unknown>
      title="Set up an authenticator"
      verb="Go on"
      unless={password === '' ? 'Write your password.' : undefined}
      order={() => station.offerCodes(user, { password })}
      command={() => ['halctl', 'auth', 'user', 'totp', user]}
      told={() => 'A secret is offered: no code is asked for yet.'}
      done={offered}
      close={close}
    >
      <SecretField
        label="Your password"
        value={password}
        change={setPassword}
        purpose="current-password"
      />
    </OrderDialog>
  );
};

interface TakeDialogProps extends PasswordDialogProps {
  readonly offered: CodesOffered;
  readonly taken: (codes: RecoveryCodes) => void;
}

const TakeDialog = ({ user, offered, taken, close }: TakeDialogProps): JSX.Element => {
  const [code, setCode] = useState('');
  return (
    <OrderDialog<RecoveryCodes, unknown>
      title="The secret of your authenticator"
      verb="Ask for codes from now on"
      unless={/^\d{6}$/.test(code) ? undefined : 'Write the six digits that it shows.'}
      order={() => station.takeCodes(user, { code })}
      told={() => 'Codes are asked for from now on.'}
      done={taken}
      close={close}
    >
      <p>
        Enter it in the program, or <a href={offered.uri}>open it there</a> where the program is on
        this device. It is not shown again.
      </p>
      <pre class="secret" aria-label="the secret" tabindex={0}>
        {offered.secret}
      </pre>
      <SecretField
        label="The code that it shows"
        value={code}
        change={(said) => setCode(said.replaceAll(/\s/g, ''))}
        purpose="one-time-code"
      />
    </OrderDialog>
  );
};
