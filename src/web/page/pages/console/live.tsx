/** The console as it is: read by whoever may see the machine, and typed at by one. */

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Act } from '../../parts/act.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { useKeys } from '../../state/keys.ts';
import { useSession } from '../../state/who.ts';
import * as admission from './admission.ts';
import { Asking } from './asking.tsx';
import type { Question } from './asking.tsx';
import { Banners } from './banners.tsx';
import type { Told } from './banners.tsx';
import { isManyLines } from './pasting.ts';
import { Screen } from './screen.ts';
import type { Found } from './screen.ts';
import { Search } from './search.tsx';
import { Seat } from './seat.ts';
import { Settings, useLook } from './settings.tsx';
import { StatusLine } from './status-line.tsx';

/** Banners at once; what was told before is in the log. */
const toldMax = 6;

/** By these something is missing, or was lost. */
const badMarks = new Set(['lost', 'gap', 'skipped', 'not-kept', 'owner']);

interface LiveProps {
  readonly fqdn: string;
}

export const Live = ({ fqdn }: LiveProps): JSX.Element => {
  const place = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const [, draw] = useState(0);
  const [told, setTold] = useState<readonly Told[]>([]);
  const [question, ask] = useState<Question | null>(null);
  const [isSearching, setSearching] = useState(false);
  const [found, setFound] = useState<Found | null>(null);
  const held = useRef<{ screen: Screen; seat: Seat } | null>(null);
  const { signedIn } = useSession();
  const look = useLook();

  useEffect(() => {
    let lastId = 0;
    let isRefusalTold = false;
    const tell = (note: Omit<Told, 'id'>): void =>
      setTold((before) => [...before, { ...note, id: ++lastId }].slice(-toldMax));
    const screen = new Screen(place.current!, {
      typed: (bytes) => seat.type(bytes),
      pasted: (text) => {
        if (!seat.isWriter) tell({ text: 'You look on: nothing was pasted.', tone: 'bad' });
        else if (isManyLines(text)) ask({ kind: 'paste', text });
        else screen.paste(text);
      },
      linked: (url) => ask({ kind: 'link', url }),
      leave: () => bar.current?.querySelector('button')?.focus(),
      search: () => setSearching(true),
      found: setFound,
      refused: () => {
        if (isRefusalTold) return;
        isRefusalTold = true;
        const text = 'You look on: keys do not go to the machine.';
        tell({ text, tone: 'plain', offer: 'ask' });
      },
    });
    const seat = new Seat({
      time: admission.browserTime,
      admit: () => admission.admit(fqdn),
      leave: (id) => admission.leave(fqdn, id),
      why: admission.whyOf,
      whyNot: () => admission.whyNot(fqdn),
      connect: (query, listener) => admission.connect(fqdn, query, listener),
      draw: (bytes, drawn) => screen.draw(bytes, drawn),
      mark: (kind, text, isNew) => {
        screen.mark(kind, text);
        if (isNew) tell({ text, tone: badMarks.has(kind) ? 'bad' : 'plain' });
      },
      note: tell,
      changed: () => {
        screen.mayType = seat.isWriter;
        draw((last) => last + 1);
      },
    });
    held.current = { screen, seat };
    void seat.sit();
    const resized = new ResizeObserver(() => screen.fit());
    resized.observe(place.current!);
    const online = (): void => void (seat.link.kind === 'waiting' && seat.sit());
    window.addEventListener('online', online);
    return () => {
      window.removeEventListener('online', online);
      resized.disconnect();
      seat.leave();
      screen.dispose();
      held.current = null;
    };
  }, [fqdn]);

  const seat = held.current?.seat;
  const screen = held.current?.screen;
  useEffect(() => {
    if (held.current?.seat.link.kind === 'signed-out') void held.current.seat.sit();
  }, [signedIn]);
  useEffect(() => {
    const now = held.current?.screen;
    if (!now) return;
    now.theme = look.theme;
    now.isRead = look.isRead;
    now.fontSize = look.fontSize;
  }, [look.theme, look.isRead, look.fontSize, fqdn]);
  useKeys([
    { keys: '/', what: 'Search in what the console shows', run: () => setSearching(true) },
    { keys: 'Enter', what: 'Go into the console', run: () => screen?.terminal.focus() },
    { keys: 'Ctrl+Shift+↑', what: 'Leave the console', run: () => false },
    { keys: 'Ctrl+Shift+F', what: 'Search, from within the console', run: () => false },
  ]);

  const isOpen = seat?.link.kind === 'open';
  const type = (): void => {
    seat?.askToType();
    screen?.terminal.focus();
  };
  const notOpen = isOpen ? undefined : 'The console is not connected.';
  return (
    <section aria-label={`The console of ${fqdn}`}>
      <div class="bar" ref={bar}>
        {seat?.isWriter ? (
          <button type="button" class="main" onClick={() => seat.typeNoMore()}>
            Type no more
          </button>
        ) : (
          <Act right={{ action: 'operate', hosts: fqdn }} unless={notOpen} onPress={type}>
            Type here
          </Act>
        )}
        {seat?.isWriter ? (
          <button type="button" onClick={() => ask({ kind: 'break' })}>
            Send a break…
          </button>
        ) : null}
        {seat && isOpen && seat.console?.link !== 'connected' && seat.mayWrite === true ? (
          <button type="button" onClick={() => ask({ kind: 'reconnect' })}>
            Have the console again…
          </button>
        ) : null}
        <button
          type="button"
          aria-expanded={isSearching}
          onClick={() => setSearching(!isSearching)}
        >
          Search
        </button>
        <Settings look={look} />
        <CopyCommand command={['halctl', 'obm', 'console', fqdn]} />
      </div>
      {isSearching && screen ? (
        <Search
          screen={screen}
          found={found}
          close={() => {
            screen.clearSearch();
            setSearching(false);
            screen.terminal.focus();
          }}
        />
      ) : null}
      {seat ? <StatusLine seat={seat} again={() => void seat.sit()} /> : null}
      <Banners
        told={told}
        dismiss={(id) => setTold((before) => before.filter((one) => one.id !== id))}
        ask={type}
        take={() => seat?.askToType(true)}
      />
      <div
        class={`terminal-place ${seat?.isWriter ? 'typing' : ''}`}
        ref={place}
        data-keys
        role="region"
        aria-label="Terminal. Ctrl+Shift+Up leaves it."
      />
      <p class="quiet">
        {seat?.isWriter
          ? 'Your keys go to the machine, Tab and Ctrl-C too. Ctrl+Shift+↑ leaves the terminal.'
          : 'Nothing that you press goes to the machine.'}
      </p>
      {seat?.holder ? (
        <Asking
          question={{ kind: 'take', holder: seat.holder }}
          close={() => seat.forgetHolder()}
          agree={() => seat.askToType(true)}
        />
      ) : null}
      {question && seat ? (
        <Asking
          question={question}
          close={() => ask(null)}
          agree={() => {
            if (question.kind === 'paste') screen?.paste(question.text);
            if (question.kind === 'break') seat.sendBreak();
            if (question.kind === 'reconnect') seat.reconnect(true);
            if (question.kind === 'link')
              window.open(question.url, '_blank', 'noopener,noreferrer');
          }}
        />
      ) : null}
    </section>
  );
};
