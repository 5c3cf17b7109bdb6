/** What a sync answers. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { Fqdn } from './values.ts';

export const Synced = Type.Object({
  told: Type.Array(Fqdn, { description: 'Hosts whose agents were told what they have to run.' }),
  absent: Type.Array(Fqdn, { description: 'Hosts whose agents are not connected.' }),
});

export type Synced = Static<typeof Synced>;
