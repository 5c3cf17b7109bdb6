/** Buttons that order something: what somebody may not do stays visible, and says why it cannot be pressed. */

import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';
import { useMoment } from '../state/moment.ts';
import { useRight } from '../state/rights.ts';
import type { Asked } from '../state/rights.ts';

interface ActProps {
  /** What the station's rights are asked for. */
  readonly right: Asked;
  readonly onPress: () => void;
  /** Why it makes no sense now; undefined: it does. */
  readonly unless?: string | undefined;
  readonly danger?: boolean;
  readonly children: ComponentChildren;
}

export const Act = ({
  right,
  onPress,
  unless,
  danger = false,
  children,
}: ActProps): JSX.Element => {
  const may = useRight(right);
  const isPast = useMoment() !== undefined;
  const reason = useId();
  const why = isPast ? 'This is the past: nothing can be done there.' : (may.why ?? unless);
  return (
    <span class="act">
      <button
        type="button"
        class={danger ? 'danger' : undefined}
        aria-disabled={why === undefined ? undefined : 'true'}
        aria-describedby={why === undefined ? undefined : reason}
        onClick={() => (why === undefined ? onPress() : undefined)}
      >
        {children}
      </button>
      {why === undefined ? null : (
        <span id={reason} class="why-not">
          {why}
        </span>
      )}
    </span>
  );
};
