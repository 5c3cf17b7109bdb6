/** What was told beside the console, until it is put away; what went well goes by itself. */

import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Note } from './seat-parts.ts';

export interface Told extends Note {
  readonly id: number;
}

interface BannersProps {
  readonly told: readonly Told[];
  readonly dismiss: (id: number) => void;
  readonly ask: () => void;
  readonly take: () => void;
}

/** Ms. */
const goodStaysMs = 10_000;

export const Banners = ({ told, dismiss, ask, take }: BannersProps): JSX.Element => (
  <div class="banners" role="log" aria-label="Notices of the console" aria-live="polite">
    {told.map((one) => (
      <Banner key={one.id} told={one} dismiss={dismiss} ask={ask} take={take} />
    ))}
  </div>
);

const Banner = ({
  told: { id, text, tone, offer },
  dismiss,
  ask,
  take,
}: Omit<BannersProps, 'told'> & { readonly told: Told }): JSX.Element => {
  useEffect(() => {
    if (tone !== 'good') return undefined;
    const timer = setTimeout(() => dismiss(id), goodStaysMs);
    return () => clearTimeout(timer);
  }, []);
  const act = (run: () => void) => () => {
    dismiss(id);
    run();
  };
  return (
    <p class={`notice ${tone}`}>
      <span>{text}</span>
      <span class="act">
        {offer === 'take' ? (
          <button type="button" onClick={act(take)}>
            Take it back
          </button>
        ) : null}
        {offer === 'ask' ? (
          <button type="button" onClick={act(ask)}>
            Ask to type
          </button>
        ) : null}
        <button type="button" class="plain" aria-label="Put away" onClick={() => dismiss(id)}>
          ✕
        </button>
      </span>
    </p>
  );
};
