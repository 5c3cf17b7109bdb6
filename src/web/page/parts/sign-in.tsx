/** Signing in: by name, password and code, or by a token. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Token } from '../../../client/types.ts';
import { signIn } from '../state/session.ts';
import type { Credentials } from '../state/session.ts';
import { Problem } from './problem.tsx';

interface SignInProps {
  readonly done: (who: Token) => void;
  /** Whoever was signed in before; their name is filled in. */
  readonly user?: string | undefined;
}

const credentialsIn = (form: FormData): Credentials => {
  const said = (name: string): string => {
    const value = form.get(name);
    return typeof value === 'string' ? value : '';
  };
  const token = said('token').trim();
  if (token !== '') return { token };
  const code = said('code').trim();
  return {
    user: said('user').trim(),
    password: said('password'),
    ...(code === '' ? {} : { code }),
  };
};

export const SignIn = ({ done, user = '' }: SignInProps): JSX.Element => {
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const [byToken, setByToken] = useState(false);
  const send = async (form: HTMLFormElement): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      done(await signIn(credentialsIn(new FormData(form))));
    } catch (refused) {
      setError(refused);
      setBusy(false);
    }
  };
  return (
    <form
      class="sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        void send(event.currentTarget);
      }}
    >
      <Problem error={error} />
      {byToken ? (
        <label>
          Token
          <input name="token" type="password" autocomplete="off" required autofocus />
        </label>
      ) : (
        <>
          <label>
            Name
            <input
              name="user"
              autocomplete="username"
              required
              value={user}
              autofocus={user === ''}
            />
          </label>
          <label>
            Password
            <input
              name="password"
              type="password"
              autocomplete="current-password"
              required
              autofocus={user !== ''}
            />
          </label>
          <label>
            Code of the authenticator, or a recovery code, where there is one
            <input name="code" autocomplete="one-time-code" spellcheck={false} />
          </label>
        </>
      )}
      <p class="buttons">
        <button type="submit" class="main" disabled={isBusy}>
          {isBusy ? 'Signing in…' : 'Sign in'}
        </button>
        <button type="button" class="plain" onClick={() => setByToken(!byToken)}>
          {byToken ? 'By name and password' : 'By a token'}
        </button>
      </p>
    </form>
  );
};
