/** Every kind of effect. */

import type { Obms } from '../../obm/obms.ts';
import type { EffectKind } from './effect.ts';
import { obmOrders, obmRefreshes } from './obm-orders.ts';
import type { AskAgain } from './obm-orders.ts';
import { ssh } from './ssh.ts';
import { stageActs } from './stage-acts.ts';

export const effectKinds = (obms: Obms, askAgain?: AskAgain): readonly EffectKind<unknown>[] => [
  ssh,
  obmOrders(obms, askAgain),
  obmRefreshes(obms),
  stageActs(obms),
];
