/** A button for what everybody may do of their own: the station is not asked before, and the past cannot be changed. */

import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';
import { useMoment } from '../../state/moment.ts';

interface OwnButtonProps {
  readonly onPress: () => void;
  readonly children: ComponentChildren;
}

export const OwnButton = ({ onPress, children }: OwnButtonProps): JSX.Element => {
  const reason = useId();
  const isPast = useMoment() !== undefined;
  return (
    <span class="act">
      <button
        type="button"
        aria-disabled={isPast ? 'true' : undefined}
        aria-describedby={isPast ? reason : undefined}
        onClick={() => (isPast ? undefined : onPress())}
      >
        {children}
      </button>
      {isPast ? (
        <span id={reason} class="why-not">
          This is the past: nothing can be done there.
        </span>
      ) : null}
    </span>
  );
};
