/** The lint rule of the arrows: every import is judged by the table in `arrows.ts`. */

import { dirname, join, relative } from 'node:path';
import { breach } from './arrows.ts';
import type { Rule } from './lint-rule.ts';

interface ImportNode {
  readonly source?: { readonly value?: unknown } | null;
  readonly importKind?: 'type' | 'value';
  readonly exportKind?: 'type' | 'value';
}

/** Judges the imports and re-exports of the files beneath `src`. */
export const arrowsRule: Rule<ImportNode> = {
  create(context) {
    const src = join(context.cwd, 'src');
    const judge = (node: ImportNode): void => {
      const { source, importKind, exportKind } = node;
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
