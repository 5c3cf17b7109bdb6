/** A page: what is drawn for an address, and what the parts of it with a `:` stand for. */

import type { FunctionComponent } from 'preact';
import type { PageParameters } from '../page-paths.ts';

export type Page = FunctionComponent<{ readonly parameters: PageParameters }>;
