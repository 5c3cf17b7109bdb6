/** Links between the pages: real ones, so that they open in a new tab, and without loading the page anew otherwise. */

import type { ComponentChildren, JSX } from 'preact';
import { goTo, hrefOf } from '../state/router.ts';

interface LinkProps {
  /** Below the folder, beginning with `/`; may have a query. */
  readonly to: string;
  readonly children: ComponentChildren;
  readonly class?: string | undefined;
  readonly title?: string | undefined;
  readonly 'aria-current'?: 'page' | 'true' | undefined;
}

export const Link = ({ to, children, ...more }: LinkProps): JSX.Element => (
  <a
    href={hrefOf(to)}
    onClick={(event) => {
      if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
        return;
      event.preventDefault();
      goTo(to);
    }}
    {...more}
  >
    {children}
  </a>
);

/** Where a machine's page is. */
export const machinePath = (fqdn: string): string => `/machines/${encodeURIComponent(fqdn)}`;

export const MachineLink = ({ fqdn }: { readonly fqdn: string }): JSX.Element => (
  <Link to={machinePath(fqdn)}>{fqdn}</Link>
);

/** Where a process's page is. */
export const processPath = (fid: string): string => `/processes/${encodeURIComponent(fid)}`;

export const ProcessLink = ({ fid }: { readonly fid: string }): JSX.Element => (
  <Link to={processPath(fid)}>{fid}</Link>
);
