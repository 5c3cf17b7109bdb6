/** The pages, each loaded when it is first looked at. */

import type { PageName } from '../page-paths.ts';
import type { Page } from './page.ts';

export const pages: { readonly [N in PageName]?: () => Promise<{ readonly Page: Page }> } = {
  fleet: () => import('./pages/fleet/page.tsx'),
  map: () => import('./pages/map/page.tsx'),
  facts: () => import('./pages/facts/page.tsx'),
  roles: () => import('./pages/roles/page.tsx'),
  process: () => import('./pages/process/page.tsx'),
  processes: () => import('./pages/processes/page.tsx'),
  machine: () => import('./pages/machine/page.tsx'),
  compare: () => import('./pages/compare/page.tsx'),
  console: () => import('./pages/console/page.tsx'),
  operations: () => import('./pages/operations/page.tsx'),
  operation: () => import('./pages/operation/page.tsx'),
  campaign: () => import('./pages/campaign/page.tsx'),
  events: () => import('./pages/events/page.tsx'),
  event: () => import('./pages/event/page.tsx'),
  audit: () => import('./pages/audit/page.tsx'),
  setting: () => import('./pages/settings/page.tsx'),
  settings: () => import('./pages/settings/page.tsx'),
  station: () => import('./pages/station/page.tsx'),
};
