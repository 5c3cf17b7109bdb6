/** The lint rule of the arrows: every import is judged by the table in `arrows.ts`. */

import { dirname, join, relative } from 'node:path';
import type { Rule } from 'eslint';
import { breach } from './arrows.ts';

interface ImportNode {
  readonly source?: { readonly value?: unknown } | null;
  readonly importKind?: 'type' | 'value';
  readonly exportKind?: 'type' | 'value';
}

/** Judges the imports and re-exports of the files beneath `src`, an absolute path. */
export function arrowsRule(src: string): Rule.RuleModule {
  return {
    meta: { type: 'problem', docs: { description: 'keep the arrows between the parts' } },
    create(context) {
      const judge = (node: Rule.Node): void => {
        const { source, importKind, exportKind } = node as ImportNode;
        if (typeof source?.value !== 'string') return;
        const specifier = source.value;
        const inProject = specifier.startsWith('.');
        const message = breach({
          from: relative(src, context.filename),
          to: inProject ? relative(src, join(dirname(context.filename), specifier)) : specifier,
          inProject,
          typesOnly: importKind === 'type' || exportKind === 'type',
        });
        if (message !== undefined) context.report({ node, message });
      };
      return {
        ImportDeclaration: judge,
        ImportExpression: judge,
        ExportAllDeclaration: judge,
        ExportNamedDeclaration: judge,
      };
    },
  };
}
