/** What stands around every page: where one can go, who has signed in, whether it is live, and what happened. */

import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageName } from '../../page-paths.ts';
import { PastBanner } from '../past/banner.tsx';
import { TimeBar } from '../past/bar.tsx';
import { dismiss, onNotices } from '../state/announce.ts';
import type { Notice } from '../state/announce.ts';
import { useKeys } from '../state/keys.ts';
import { setPaused, useLive } from '../state/live.ts';
import { useMoment } from '../state/moment.ts';
import { goTo, placeNow, usePlace } from '../state/router.ts';
import { nameOf } from '../state/session.ts';
import { chooseTheme, themeNow } from '../state/theme.ts';
import type { Theme } from '../state/theme.ts';
import { useSession } from '../state/who.ts';
import { Ago } from './age.tsx';
import { FollowerBanner } from './follower-banner.tsx';
import { KeyHelp } from './key-help.tsx';
import { Link } from './link.tsx';
import { Menu } from './menu.tsx';

interface Destination {
  readonly path: string;
  readonly title: string;
  /** The key after `g`. */
  readonly key: string;
  readonly pages: readonly PageName[];
}

const destinations: readonly Destination[] = [
  { path: '/fleet', title: 'Fleet', key: 'f', pages: ['fleet', 'machine', 'compare', 'console'] },
  { path: '/map', title: 'Map', key: 'm', pages: ['map'] },
  { path: '/processes', title: 'Processes', key: 'p', pages: ['processes', 'process'] },
  { path: '/roles', title: 'Roles', key: 'r', pages: ['roles', 'facts'] },
  {
    path: '/operations',
    title: 'Operations',
    key: 'o',
    pages: ['operations', 'operation', 'campaign'],
  },
  { path: '/events', title: 'Events', key: 'e', pages: ['events', 'event'] },
  { path: '/audit', title: 'Audit', key: 'a', pages: ['audit'] },
  { path: '/settings', title: 'Settings', key: 's', pages: ['settings', 'setting'] },
  { path: '/station', title: 'Station', key: 't', pages: ['station'] },
];

export const Shell = ({ children }: { readonly children: ComponentChildren }): JSX.Element => {
  const [isHelpShown, showHelp] = useState(false);
  const [isTimeShown, showTime] = useState(placeNow().query.has('at'));
  const { isPaused } = useLive();
  useKeys([
    ...destinations.map(({ path, title, key }) => ({
      keys: `g ${key}`,
      what: `Go to ${title}`,
      run: () => goTo(path),
    })),
    { keys: '?', what: 'Show the keys', run: () => showHelp(true) },
    {
      keys: 'p',
      what: 'Hold what is live still, or let it go on',
      run: () => setPaused(!isPaused),
    },
    { keys: 't', what: 'Look at another time', run: () => showTime(!isTimeShown) },
  ]);
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        Skip to the content
      </a>
      <Header isTimeShown={isTimeShown} showTime={showTime} />
      {isTimeShown ? <TimeBar id={timeBar} /> : null}
      <PastBanner />
      <FollowerBanner />
      <LiveBanner />
      <main id="main" tabindex={-1}>
        {children}
      </main>
      <Notices />
      {isHelpShown ? <KeyHelp close={() => showHelp(false)} /> : null}
    </>
  );
};

/** Of the element, for the button that shows it. */
const timeBar = 'time-bar';

interface HeaderProps {
  readonly isTimeShown: boolean;
  readonly showTime: (isShown: boolean) => void;
}

const Header = ({ isTimeShown, showTime }: HeaderProps): JSX.Element => {
  const { page } = usePlace();
  const isPast = useMoment() !== undefined;
  const { who, leave } = useSession();
  const nav = useRef<HTMLElement>(null);
  // Where they do not all fit, that which is shown is in sight.
  useEffect(() => {
    const row = nav.current!;
    const { left, right } = row.getBoundingClientRect();
    const here = row.querySelector('[aria-current]')?.getBoundingClientRect();
    if (here) row.scrollLeft += Math.max(0, here.right - right) - Math.max(0, left - here.left);
  }, [page?.name]);
  return (
    <header class="top">
      <strong class="brand">Halcyon</strong>
      <nav ref={nav} aria-label="Pages">
        {destinations.map(({ path, title, pages }) => (
          <Link
            key={path}
            to={path}
            aria-current={page && pages.includes(page.name) ? 'page' : undefined}
          >
            {title}
          </Link>
        ))}
      </nav>
      <div class="person">
        <button
          type="button"
          aria-expanded={isTimeShown}
          aria-controls={isTimeShown ? timeBar : undefined}
          title="Look at another time (t)"
          onClick={() => showTime(!isTimeShown)}
        >
          {isPast ? 'Past' : 'Now'} <span aria-hidden="true">{isTimeShown ? '▴' : '▾'}</span>
        </button>
        <Menu title={nameOf(who)}>
          <span class="quiet">
            {nameOf(who)}, {who.role}
          </span>
          <ThemeChoice />
          <button type="button" onClick={leave}>
            Sign out
          </button>
        </Menu>
      </div>
    </header>
  );
};

const ThemeChoice = (): JSX.Element => {
  const [theme, setTheme] = useState(themeNow);
  return (
    <select
      aria-label="Light or dark"
      value={theme}
      onChange={({ currentTarget: { value } }) => {
        chooseTheme(value as Theme);
        setTheme(value as Theme);
      }}
    >
      <option value="system">As the system</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  );
};

const LiveBanner = (): JSX.Element | null => {
  const { broken, isPaused } = useLive();
  const first = [...broken.values()][0];
  if (!first && !isPaused) return null;
  return (
    <p class="banner stale">
      {/* Said when it changes; how long ago it was is read by whoever looks. */}
      <span role="status">
        {first ? `What you see is as it was: ${first.why}. It is tried again. ` : null}
        {isPaused ? 'Held still. ' : null}
      </span>
      {first ? (
        <>
          It was so <Ago at={first.since} />.{' '}
        </>
      ) : null}
      {isPaused ? (
        <button type="button" onClick={() => setPaused(false)}>
          Go on
        </button>
      ) : null}
    </p>
  );
};

const Notices = (): JSX.Element => {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  useEffect(() => onNotices(setNotices), []);
  return (
    <div class="notices" role="log" aria-label="What happened" aria-live="polite">
      {notices.map(({ id, text, tone }) => (
        <p key={id} class={`notice ${tone}`}>
          {text}
          <button type="button" class="plain" aria-label="Put away" onClick={() => dismiss(id)}>
            ✕
          </button>
        </p>
      ))}
    </div>
  );
};
