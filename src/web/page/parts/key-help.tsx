/** The keys that hold on this page. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { keysNow } from '../state/keys.ts';
import { Dialog } from './dialog.tsx';

export const KeyHelp = ({ close }: { readonly close: () => void }): JSX.Element => {
  const [keys] = useState(keysNow);
  return (
    <Dialog title="Keys" close={close}>
      <dl class="keys">
        {keys.map(({ keys: pressed, what }) => (
          <div key={`${pressed} ${what}`}>
            <dt>
              {pressed.split(' ').map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
};
