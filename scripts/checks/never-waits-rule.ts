/** The lint rule of the core that what it does is done when it returns, and does not depend on where it runs. */

import type { Rule } from './lint-rule.ts';

interface Node {
  readonly async?: boolean;
  readonly await?: boolean;
}

export const neverWaitsRule: Rule<Node> = {
  create(context) {
    const waits = (node: Node): void => {
      context.report({ node, message: 'The core never waits.' });
    };
    const ifAsync = (node: Node): void => {
      if (node.async === true) waits(node);
    };
    return {
      FunctionDeclaration: ifAsync,
      FunctionExpression: ifAsync,
      ArrowFunctionExpression: ifAsync,
      AwaitExpression: waits,
      ForOfStatement: (node) => {
        if (node.await === true) waits(node);
      },
      ImportExpression: waits,
      MetaProperty: (node) => {
        context.report({ node, message: 'The core does not know where it runs.' });
      },
    };
  },
};
