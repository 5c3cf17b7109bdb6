/** All procedures, by kind; a missing one does not compile. */

import type { ProcedureKind } from '../values/procedures.ts';
import { reboot } from './reboot.ts';
import { reinstall } from './reinstall.ts';
import { release } from './release.ts';
import type { Procedure } from './stage.ts';

export const procedures: { readonly [K in ProcedureKind]: Procedure } = {
  reinstall,
  release,
  reboot,
};
