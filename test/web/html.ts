/** Pages as browsers read them: by the standard's own parser. */

import { parse } from 'parse5';
import type { DefaultTreeAdapterTypes } from 'parse5';

type Node = DefaultTreeAdapterTypes.Node;
export type Element = DefaultTreeAdapterTypes.Element;

const childrenOf = (node: Node): readonly Node[] => ('childNodes' in node ? node.childNodes : []);

/** All elements below, in order. */
export function* elementsIn(node: Node): Generator<Element> {
  for (const child of childrenOf(node)) {
    if ('tagName' in child) yield child;
    yield* elementsIn(child);
  }
}

export const documentIn = (html: string): Node => parse(html);

export const named = (node: Node, ...tags: readonly string[]): Element[] =>
  [...elementsIn(node)].filter(({ tagName }) => tags.includes(tagName));

export const attribute = ({ attrs }: Element, name: string): string | undefined =>
  attrs.find((one) => one.name === name)?.value;

export const byId = (node: Node, id: string): Element => {
  const found = [...elementsIn(node)].find((one) => attribute(one, 'id') === id);
  if (!found) throw new Error(`there is no #${id}`);
  return found;
};

export const textOf = (node: Node): string =>
  'value' in node ? String(node.value) : childrenOf(node).map(textOf).join('');

/** What a cell says to programs: its value where it has one, else its words without the sign before them. */
export const cellValue = (cell: Element): string => {
  const [data] = named(cell, 'data');
  if (data) return attribute(data, 'value')!;
  const [sign] = named(cell, 'span').filter((one) => attribute(one, 'class') === 'sign');
  const text = textOf(cell);
  return sign ? text.slice(textOf(sign).length).trimStart() : text;
};

/** The table of the fleet: the ids of its columns, and its cells. */
export const fleetIn = (html: string): string[][] => {
  const rows = named(byId(documentIn(html), 'fleet'), 'tr');
  const cells = rows.map((row) => named(row, 'th', 'td'));
  const [titles = [], ...machines] = cells;
  return [
    titles.map((title) => attribute(title, 'data-column')!),
    ...machines.map((row) => row.map(cellValue)),
  ];
};
