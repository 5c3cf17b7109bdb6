/**
 * What the scalars of a document stand for: a value is what was written, or it is text.
 *
 * YAML makes numbers of `1.10`, `0x1F`, `012` and `9007199254740993`, of which a computer keeps
 * something else. Here a number is one only where it is written as it would be printed; any other is
 * the text that stands there, and whoever needs a number refuses it.
 */

import { isCollection, isPair, isSeq, Scalar, visit } from 'yaml';
import type { Document, Node } from 'yaml';
import { opened, openedValue } from './held-values.ts';

/** Something that cannot be taken as it is written. */
export interface Misfit {
  readonly node: Node;
  readonly message: string;
}

/** Puts a held list or map where its scalar stood. */
const replace = (document: Document, parent: unknown, node: Scalar, value: unknown): void => {
  const made = document.createNode(value);
  made.range = node.range ?? null;
  if (isPair(parent)) parent.value = made;
  else if (isSeq(parent)) parent.items[parent.items.indexOf(node)] = made;
  else document.contents = made;
};

const isPlain = ({ type }: Scalar): boolean => type === Scalar.PLAIN;

/** Words that begin with "!" say of what kind a value is; that of a text is the only one we have. */
const isTagged = ({ tag }: { readonly tag?: string }): boolean =>
  tag !== undefined && !/^tag:yaml\.org,2002:(str|map|seq)$/.test(tag);

export const tagMessage = 'Tags (words that begin with "!") are not used here.';

/**
 * Makes the scalars of a document what they stand for, and opens what a template sealed in them.
 *
 * @param truths `plain`: a truth value must be written `true` or `false`, because somebody decides by
 *   it; `text`: any other spelling is text
 */
export const settleScalars = (document: Document, truths: 'plain' | 'text'): readonly Misfit[] => {
  const misfits: Misfit[] = [];
  const settleText = (key: unknown, node: Scalar<string>, parent: unknown): void => {
    const held = isPlain(node) && key !== 'key' ? openedValue(node.value) : undefined;
    if (typeof held === 'object' && held !== null) return replace(document, parent, node, held);
    const text = held === undefined ? opened(node.value) : held;
    (node as Scalar).value = text;
    // Parsers of JSON that are in use take such a key for another one: see `keyWithBackslash`.
    if (key === 'key' && typeof text === 'string' && text.includes('\\'))
      misfits.push({ node, message: 'A key may not hold a backslash.' });
    if (typeof text === 'string' && !text.isWellFormed())
      misfits.push({ node, message: 'This text holds half a character.' });
  };
  const settle = (key: unknown, node: Scalar, path: readonly unknown[]): void => {
    const { value, source = '' } = node;
    if (isTagged(node)) misfits.push({ node, message: tagMessage });
    else if (typeof value === 'string') settleText(key, node as Scalar<string>, path.at(-1));
    else if (typeof value === 'number' || typeof value === 'boolean') {
      const isExact = !Number.isInteger(value) || Number.isSafeInteger(value);
      if (String(value) === source && isExact) return;
      if (typeof value === 'boolean' && truths === 'plain')
        misfits.push({ node, message: `Write ${value}, or quote it if the text is meant.` });
      node.value = source;
    }
  };
  visit(document, {
    Scalar: settle,
    Collection: (_key, node) => {
      if (isTagged(node)) misfits.push({ node, message: tagMessage });
    },
    Pair: (_key, { key }) => {
      // It would become some text that nobody wrote.
      if (isCollection(key)) misfits.push({ node: key, message: 'A key must be a text.' });
    },
  });
  return misfits;
};
