/** Every kind of effect. */

import type { EffectKind } from './effect.ts';
import { ssh } from './ssh.ts';

export const effectKinds: readonly EffectKind<unknown>[] = [ssh];
