/** The page as a whole: whoever has not signed in is asked to; then what the address says is shown. */

import type { JSX } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Token } from '../../client/types.ts';
import { Dialog } from './parts/dialog.tsx';
import { Link } from './parts/link.tsx';
import { WithDialogs } from './parts/opened-dialog.tsx';
import { PageTitle } from './parts/page-title.tsx';
import { Problem } from './parts/problem.tsx';
import { Shell } from './parts/shell.tsx';
import { SignIn } from './parts/sign-in.tsx';
import { pages } from './pages.ts';
import type { Page } from './page.ts';
import { announce } from './state/announce.ts';
import { forgetRights } from './state/rights.ts';
import { goTo, usePlace } from './state/router.ts';
import { nameOf, onOtherTab, signIn, signOut, whoIsIn } from './state/session.ts';
import { onExpiry } from './state/station.ts';
import { SessionContext } from './state/who.ts';

/** A link to sign in once holds its ticket behind the `#`, which browsers send to nobody. */
const takeLink = (): string | undefined => {
  const link = /^#sign-in=([\w-]{1,300})$/.exec(window.location.hash)?.[1];
  if (link === undefined) return undefined;
  window.history.replaceState(null, '', window.location.pathname + window.location.search);
  return link;
};

const link = takeLink();

export const App = (): JSX.Element => {
  const [who, setWho] = useState<Token | null | undefined>(undefined);
  const [error, setError] = useState<unknown>();
  const [signedIn, setSignedIn] = useState(0);
  const [isExpired, setExpired] = useState(false);
  const [linkRefused, setLinkRefused] = useState<unknown>();

  const enter = useCallback((next: Token) => {
    forgetRights();
    setWho(next);
    setExpired(false);
    setSignedIn((last) => last + 1);
  }, []);
  const find = useCallback(() => {
    setError(undefined);
    // Whoever is in already stays in, whatever became of the link.
    const byLink = (refused: unknown): Promise<Token | null> => {
      setLinkRefused(refused);
      return whoIsIn();
    };
    (link === undefined ? whoIsIn() : signIn({ link }).catch(byLink))
      .then((next) => (next ? enter(next) : setWho(null)))
      .catch(setError);
  }, []);
  useEffect(find, []);
  useEffect(() => onExpiry(() => setExpired(true)), []);
  useEffect(
    () =>
      onOtherTab(() => {
        whoIsIn()
          .then((next) => (next ? enter(next) : setWho(null)))
          // Whoever asks for something next is told why not.
          .catch(() => undefined);
      }),
    [],
  );

  const leave = useCallback(() => {
    signOut()
      .then(() => setWho(null))
      .catch((failed: Error) => announce(`You are still signed in: ${failed.message}`, 'bad'));
  }, []);

  if (error !== undefined)
    return (
      <main>
        <h1>Halcyon</h1>
        <Problem error={error} again={find} />
      </main>
    );
  if (who === undefined) return <p class="quiet">Asking who you are…</p>;
  if (who === null)
    return (
      <main class="entrance">
        <PageTitle title="Sign in" />
        <Problem error={linkRefused} />
        <SignIn done={enter} />
        <p>
          <a href="text/fleet">Pages without JavaScript</a>
        </p>
      </main>
    );
  return (
    <SessionContext.Provider value={{ who, signedIn, leave }}>
      {/* What one has begun, another does not go on with. */}
      <Shell key={nameOf(who)}>
        <Here />
      </Shell>
      {isExpired ? (
        // What was being written stays beneath it.
        <Dialog title="Your session has ended" canClose={false} close={() => undefined}>
          <p>Sign in again to go on where you were.</p>
          <SignIn done={enter} user={who.user ?? ''} />
        </Dialog>
      ) : null}
    </SessionContext.Provider>
  );
};

/** The page that the address says. */
const Here = (): JSX.Element => {
  const { page, path } = usePlace();
  const [shown, setShown] = useState<{ name: string; Page: Page } | undefined>();
  const [error, setError] = useState<unknown>();
  const name = page?.name;
  const isStart = name === 'start' || name === 'signIn';
  useEffect(() => {
    if (isStart) return goTo('/fleet', { replace: true });
    const load = name && pages[name];
    if (!load) return undefined;
    let isWanted = true;
    setError(undefined);
    load()
      .then(({ Page }) => isWanted && setShown({ name, Page }))
      // The station is another version, and has other files.
      .catch((failed: Error) => isWanted && setError(failed));
    return () => void (isWanted = false);
  }, [name]);
  if (error !== undefined)
    return (
      <>
        <Problem error={error} />
        <p>The station was not reached, or is of another version than the page by now.</p>
        <button type="button" onClick={() => window.location.reload()}>
          Load the page anew
        </button>
      </>
    );
  if (!page || (!isStart && !pages[page.name]))
    return (
      <>
        <PageTitle title="There is no such page" />
        <p>
          <code>{path}</code> is none. <Link to="/fleet">The fleet</Link> is one.
        </p>
      </>
    );
  if (!shown || shown.name !== page.name) return <p class="quiet">Loading…</p>;
  return (
    <WithDialogs key={`${page.name} ${JSON.stringify(page.parameters)}`}>
      <shown.Page parameters={page.parameters} />
    </WithDialogs>
  );
};
