/** Every kind of effect. */

import type { Obms } from '../../obm/obms.ts';
import type { EffectKind } from './effect.ts';
import { obmOrders, obmRefreshes } from './obm-orders.ts';
import { rebootActs } from './reboot-acts.ts';
import type { RebootSite } from './reboot-acts.ts';
import { ssh } from './ssh.ts';
import { stageActs } from './stage-acts.ts';

/** @param site absent: nothing is known of machines, and they are not rebooted */
export const effectKinds = (obms: Obms, site?: RebootSite): readonly EffectKind<unknown>[] => [
  ssh,
  obmOrders(obms, (...reboot) => site?.suggestions.mayNotSend(...reboot) ?? null),
  obmRefreshes(obms),
  stageActs(obms, site && rebootActs(site)),
];
