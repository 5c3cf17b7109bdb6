/** Whether the console is there, who looks, and who types. */

import type { JSX } from 'preact';
import { State } from '../../parts/state.tsx';
import { nameOf } from './seat-parts.ts';
import type { Viewer } from './seat-parts.ts';
import type { Seat } from './seat.ts';

interface StatusLineProps {
  readonly seat: Seat;
  readonly again: () => void;
}

export const StatusLine = ({ seat, again }: StatusLineProps): JSX.Element => (
  <div class="bar console-status">
    <span role="status">
      <LinkWord seat={seat} />
    </span>
    {seat.link.kind === 'waiting' || seat.link.kind === 'ended' ? (
      <button type="button" onClick={again}>
        {seat.link.kind === 'ended' ? 'Try again' : 'Try now'}
      </button>
    ) : null}
    {seat.viewers.length > 0 ? <Viewers seat={seat} /> : null}
    {seat.missed > 0 ? (
      <span class="busy">{seat.missed.toLocaleString('en')} bytes skipped; the log has them</span>
    ) : null}
    {seat.notKeptSince === null ? null : (
      <span class="bad">Not logged since {new Date(seat.notKeptSince).toISOString()}</span>
    )}
  </div>
);

const LinkWord = ({ seat: { link, console, isWriter } }: { readonly seat: Seat }): JSX.Element => {
  switch (link.kind) {
    case 'opening':
      return <State sign="…" word="connecting" tone="busy" />;
    case 'waiting':
      return <State sign="!" word={`not connected: ${link.why}; trying again`} tone="bad" />;
    case 'signed-out':
      return <State sign="!" word="your session has ended: sign in again" tone="bad" />;
    case 'ended':
      return <State sign="■" word={`over: ${link.why}`} tone="bad" />;
    case 'open':
      if (console !== null && console.link !== 'connected')
        return (
          <State
            sign="!"
            word={`the machine's console is ${consoleWords[console.link]}${console.reason === null ? '' : `: ${console.reason}`}`}
            tone="bad"
          />
        );
      return isWriter ? (
        <State sign="✎" word="you type" tone="busy" />
      ) : (
        <State sign="●" word="you look on" tone="good" />
      );
  }
};

const consoleWords = {
  connected: 'connected',
  connecting: 'being connected',
  waiting: 'not connected',
  idle: 'not connected',
} as const;

const Viewers = ({ seat: { viewers } }: { readonly seat: Seat }): JSX.Element => (
  <details>
    <summary>
      {viewers.length === 1 ? '1 looks' : `${viewers.length} look`}, {writerWords(viewers)}
    </summary>
    <ul>
      {viewers.map((viewer) => (
        <li key={`${viewer.principal} ${viewer.source} ${viewer.since}`}>
          {nameOf(viewer)} {viewer.writer ? `types, idle for ${idleOf(viewer)} s` : 'looks'}
        </li>
      ))}
    </ul>
  </details>
);

const writerWords = (viewers: readonly Viewer[]): string => {
  const writer = viewers.find((one) => one.writer);
  return writer ? `${writer.principal} types` : 'nobody types';
};

const idleOf = ({ idle_ms: ms }: Viewer): number => Math.round((ms ?? 0) / 1000);
