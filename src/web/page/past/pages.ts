/** Which pages show the past; the others show what is now, and the banner says so. */

import type { PageName } from '../../page-paths.ts';

export const pagesOfThePast: ReadonlySet<PageName> = new Set([
  'fleet',
  'map',
  'machine',
  'compare',
  'processes',
  'process',
  'roles',
  'events',
  'event',
]);
