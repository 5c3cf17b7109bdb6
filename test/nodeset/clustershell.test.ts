/** Nodesets mean what they mean to ClusterShell, and are written as it writes them. */

import fc from 'fast-check';
import t from 'tap';
import { foldNodeset, inNodeOrder, NodesetError, readNodeset } from '../../src/nodeset/nodeset.ts';
import { ClusterShell } from './clustershell.ts';
import type { Answer } from './clustershell.ts';

/** Another one with HALCYON_SEED, and more of them with HALCYON_RUNS. */
const seed = Number(process.env['HALCYON_SEED'] ?? 34);
const numRuns = Number(process.env['HALCYON_RUNS'] ?? 400);

const shells = [1, 2].map((seed) => new ClusterShell(seed));
t.teardown(() => Promise.all(shells.map((shell) => shell.end())));
const [shell = new ClusterShell(1)] = shells;

const width = fc.constantFrom(0, 0, 0, 2, 3);
const number = (max: number): fc.Arbitrary<string> =>
  fc.tuple(fc.nat({ max }), width).map(([number, width]) => String(number).padStart(width, '0'));

const oneAxis = fc
  .tuple(fc.constantFrom('n', 'login', 'gpu-a', ''), number(120), fc.constantFrom('', '.c', '-ib'))
  .map((parts) => parts.join(''));
const twoAxes = fc.tuple(number(12), number(12)).map(([a, b]) => `r${a}n${b}`);
const threeAxes = fc
  .tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }), fc.nat({ max: 3 }))
  .map(([a, b, c]) => `x${a}y${b}.c${c}`);
const names = fc.oneof(
  ...[oneAxis, twoAxes, threeAxes, fc.oneof(oneAxis, twoAxes, fc.constantFrom('a', 'b.c'))].map(
    (name) => fc.array(name, { minLength: 1, maxLength: 80 }),
  ),
);

const sorted = (names: Iterable<string>): string => [...names].toSorted().join(' ');

t.test('34: names are folded as nodeset folds them, letter by letter', async (t) => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(names, async (names) => {
      const ours = foldNodeset(names);
      if (sorted(readNodeset(ours)) !== sorted(new Set(names))) return false;
      const [one, two] = await Promise.all(shells.map((shell) => shell.fold(names)));
      if (one?.error !== undefined || two?.error !== undefined) throw new Error(one?.error);
      // Where several boxes are equally good, ClusterShell takes one by chance.
      if (one?.folded !== two?.folded) return true;
      compared++;
      return ours === one?.folded && inNodeOrder(names).join() === one.names.join();
    }),
    { seed, numRuns },
  );
  t.ok(compared > numRuns * 0.8, `${compared} of ${numRuns} were compared`);
});

const range = fc
  .tuple(
    number(30),
    fc.option(fc.tuple(fc.nat({ max: 12 }), fc.option(fc.integer({ min: 1, max: 4 })))),
  )
  .map(([from, more]) => {
    if (more === null) return from;
    const [length, step] = more;
    const to = String(Number(from) + length).padStart(from.length, '0');
    return `${from}-${to}${step === null ? '' : `/${step}`}`;
  });
const bracket = fc
  .array(range, { minLength: 1, maxLength: 3 })
  .map((ranges) => `[${ranges.join(',')}]`);
const term = fc
  .tuple(
    fc.constantFrom('n', 'r', 'n1', 'gpu-'),
    fc.oneof(bracket, number(30)),
    fc.constantFrom('', '', '.c1', '0', 'x'),
    fc.oneof(
      fc.constant(''),
      bracket.map((bracket) => `.${bracket}`),
    ),
  )
  .map((parts) => parts.join(''));
const nodeset = fc
  .tuple(term, fc.array(fc.tuple(fc.constantFrom(...',!&^'), term), { maxLength: 4 }))
  .map(([first, others]) => first + others.flat().join(''));

const ours = (nodeset: string): readonly string[] | NodesetError => {
  try {
    return [...readNodeset(nodeset)];
  } catch (error) {
    if (error instanceof NodesetError) return error;
    throw error;
  }
};

/** What is refused here though ClusterShell takes it: it would mean more, or other, than was written. */
const stricter =
  /ends of different length|is not the name of a node|is empty$|empty place|"-.*" in brackets is neither/;
/** What ClusterShell refuses though there is nothing wrong with it. */
const laxer = /illegal trailing digits|illegal reopening bracket|padding length mismatch/;

/** `n1[9,10]` is n19 and n110. ClusterShell joins 9 and 10 to a range first, and takes it for n[19-110]. */
const isWidened = (nodeset: string): boolean =>
  [...nodeset.matchAll(/\d\[([^\]]*)\]/g)].some(
    ([, numbers = '']) => new Set(numbers.split(/[,-]/).map(({ length }) => length)).size > 1,
  );

const agree = (nodeset: string, answer: Answer): boolean => {
  if (isWidened(nodeset)) return true;
  const mine = ours(nodeset);
  if (mine instanceof NodesetError)
    return answer.error !== undefined || stricter.test(mine.message);
  if (answer.error !== undefined) return laxer.test(answer.error);
  return sorted(mine) === sorted(answer.names);
};

t.test('34: ranges, steps, padding and operators mean what they mean to nodeset', async () => {
  await fc.assert(
    fc.asyncProperty(nodeset, async (nodeset) => agree(nodeset, await shell.expand(nodeset))),
    { seed, numRuns },
  );
});

t.test('34: whatever is written is taken or refused as nodeset does', async () => {
  const text = fc.string({ unit: fc.constantFrom(...'nr0012[[]]--,,!&^/.'), maxLength: 16 });
  await fc.assert(
    fc.asyncProperty(text, async (text) => agree(text, await shell.expand(text))),
    { seed, numRuns: numRuns * 2 },
  );
});
