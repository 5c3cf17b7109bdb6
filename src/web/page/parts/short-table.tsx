/** A short table: all its rows are in the document. Where it is too wide, it is scrolled within itself, by keys as well. */

import type { ComponentChildren, JSX } from 'preact';

interface ShortTableProps {
  /** For screen readers: what the rows are. */
  readonly label: string;
  readonly titles: readonly string[];
  /** Its rows, `tr` each. */
  readonly children: ComponentChildren;
}

export const ShortTable = ({ label, titles, children }: ShortTableProps): JSX.Element => (
  <div class="scroll" tabindex={0} role="region" aria-label={label}>
    <table>
      <thead>
        <tr>
          {titles.map((title) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
);
