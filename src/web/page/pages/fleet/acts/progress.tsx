/** How far a request for each of many machines is. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

export const useProgress = (
  total: number,
): { readonly progress: (over: number) => void; readonly shown: JSX.Element | null } => {
  const [over, progress] = useState(0);
  const shown =
    over === 0 || total === 1 ? null : (
      <p>
        <progress max={total} value={over} aria-label="Machines that are over" /> {over} of {total}
      </p>
    );
  return { progress, shown };
};
