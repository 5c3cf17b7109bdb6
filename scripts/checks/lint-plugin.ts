/** The lint rules of our own, as a plug-in of the linter. */

import { arrowsRule } from './arrows-rule.ts';
import { neverWaitsRule } from './never-waits-rule.ts';

const plugin = {
  meta: { name: 'halcyon' },
  rules: { arrows: arrowsRule, 'never-waits': neverWaitsRule },
};

// The linter asks for it.
export default plugin;
