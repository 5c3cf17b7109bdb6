/** The renderer: from a role's source and a host's variables to process templates. */

import type { RenderRole } from '../core/roles.ts';

/** Makes a renderer, which keeps the roles that it has parsed. */
export const createRenderer = (): RenderRole => (role) => ({
  ok: false,
  problem: {
    code: 'template-error',
    message: 'Not rendered yet.',
    file: role.file,
    line: role.line,
  },
});
