/** Which pages show the past; the others show what is now, and the banner says so. */

import type { PageName, PageParameters } from '../../page-paths.ts';

const pagesOfThePast: ReadonlySet<PageName> = new Set([
  'fleet',
  'map',
  'machine',
  'compare',
  'processes',
  'process',
  'roles',
  'facts',
  'events',
  'event',
]);

/** Parts of the settings that the log knows of any moment. */
const settingsOfThePast: ReadonlySet<string> = new Set(['vars', 'projects']);

export const showsPast = (page: {
  readonly name: PageName;
  readonly parameters: PageParameters;
}): boolean =>
  pagesOfThePast.has(page.name) ||
  (page.name === 'setting' && settingsOfThePast.has(page.parameters.part ?? ''));
