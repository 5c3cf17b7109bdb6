/** Which columns are shown, and in which order. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { allColumns } from '../../../../checks/view/columns.ts';
import type { ViewedCheck } from '../../../../checks/view/row.ts';
import { Dialog } from '../../parts/dialog.tsx';

interface ColumnsDialogProps {
  /** Ids of those that are shown, in order. */
  readonly shown: readonly string[];
  readonly checks: readonly ViewedCheck[];
  /** null: the usual ones. */
  readonly choose: (ids: readonly string[] | null) => void;
  readonly close: () => void;
}

export const ColumnsDialog = ({
  shown,
  checks,
  choose,
  close,
}: ColumnsDialogProps): JSX.Element => {
  const all = allColumns(checks);
  const [chosen, setChosen] = useState(shown);
  const [wanted, setWanted] = useState('');
  const others = [...all.values()].filter(
    ({ id, title, description }) =>
      !chosen.includes(id) &&
      `${id} ${title} ${description}`.toLowerCase().includes(wanted.trim().toLowerCase()),
  );
  const move = (id: string, by: -1 | 1): void => {
    const from = chosen.indexOf(id);
    const to = from + by;
    if (to < 0 || to >= chosen.length) return;
    setChosen(chosen.with(from, chosen[to]!).with(to, id));
  };
  return (
    <Dialog title="Columns" close={close}>
      <p class="quiet">The first is the leftmost one.</p>
      <ol class="choice">
        {chosen.map((id, place) => (
          <li key={id}>
            <span>{all.get(id)?.title ?? id}</span>
            <button
              type="button"
              aria-label={`Move ${id} to the left`}
              aria-disabled={place === 0}
              onClick={() => move(id, -1)}
            >
              ↑
            </button>
            <button
              type="button"
              aria-label={`Move ${id} to the right`}
              aria-disabled={place === chosen.length - 1}
              onClick={() => move(id, 1)}
            >
              ↓
            </button>
            <button
              type="button"
              aria-label={`Do not show ${id}`}
              aria-disabled={chosen.length === 1}
              onClick={() => chosen.length > 1 && setChosen(chosen.filter((one) => one !== id))}
            >
              ✕
            </button>
          </li>
        ))}
      </ol>
      <h3>Not shown</h3>
      <label>
        Look for{' '}
        <input type="search" value={wanted} onInput={(e) => setWanted(e.currentTarget.value)} />
      </label>
      <ul class="choice">
        {others.map(({ id, title, description }) => (
          <li key={id}>
            <button
              type="button"
              aria-label={`Show ${id}`}
              onClick={() => setChosen([...chosen, id])}
            >
              +
            </button>
            <span>
              {title} <span class="quiet">{description}</span>
            </span>
          </li>
        ))}
      </ul>
      <p class="buttons">
        <button
          type="button"
          class="main"
          onClick={() => {
            choose(chosen);
            close();
          }}
        >
          Show these
        </button>
        <button
          type="button"
          onClick={() => {
            choose(null);
            close();
          }}
        >
          The usual ones
        </button>
      </p>
    </Dialog>
  );
};
