/** What many nodes said, with those together that said the same: as `clubak -b` and `dshbak -c`. */

import { foldInOrder, inNodeOrder } from './folding.ts';

export interface Gathered {
  /** In their order. */
  readonly nodes: readonly string[];
  /** The same, in short. */
  readonly nodeset: string;
  readonly output: string;
}

/**
 * Puts nodes together whose outputs are equal, letter by letter; most nodes first.
 *
 * @param outputs of each node once
 */
export const gatherOutputs = (
  outputs: Iterable<readonly [node: string, output: string]>,
): readonly Gathered[] => {
  const byOutput = new Map<string, string[]>();
  for (const [node, output] of outputs) {
    const nodes = byOutput.get(output);
    if (nodes) nodes.push(node);
    else byOutput.set(output, [node]);
  }
  const firsts = [...byOutput].map(([output, names]) => {
    const { names: nodes, nodeset } = foldInOrder(names);
    return { nodes, nodeset, output };
  });
  const order = new Map(
    inNodeOrder(firsts.map(({ nodes }) => nodes[0]!)).map((node, i) => [node, i]),
  );
  return firsts.sort(
    (a, b) => b.nodes.length - a.nodes.length || order.get(a.nodes[0]!)! - order.get(b.nodes[0]!)!,
  );
};

export interface LabelledLines {
  /** Of each node its lines, as one text. */
  readonly outputs: ReadonlyMap<string, string>;
  /** Numbers of lines that name no node, from 1 on. */
  readonly unlabelled: readonly number[];
}

/** Reads lines such as `n1: text`, as pdsh and clush print them, mixed as they come. */
export const readLabelledLines = (text: string, separator = ':'): LabelledLines => {
  const lines = new Map<string, string[]>();
  const unlabelled: number[] = [];
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    const at = line.indexOf(separator);
    const label = line.slice(0, at).trim();
    if (at < 0 || label === '' || label.includes(' ')) {
      if (line.trim() !== '') unlabelled.push(number);
      continue;
    }
    const start = at + separator.length;
    const said = line.slice(line[start] === ' ' ? start + 1 : start);
    const before = lines.get(label);
    if (before) before.push(said);
    else lines.set(label, [said]);
  }
  return {
    outputs: new Map([...lines].map(([node, said]) => [node, said.join('\n')])),
    unlabelled,
  };
};

const rule = '-'.repeat(15);

/** As `clubak -b` prints it: who, how many where there are several, and what they said. */
export const gatheredLines = (gathered: readonly Gathered[]): readonly string[] =>
  gathered.flatMap(({ nodes, nodeset, output }) => [
    rule,
    nodes.length === 1 ? nodeset : `${nodeset} (${nodes.length})`,
    rule,
    ...output.split('\n'),
  ]);
