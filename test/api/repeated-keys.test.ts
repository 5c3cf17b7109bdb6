/** Keys that an object has twice are found, whatever else a text holds. */

import fc from 'fast-check';
import t from 'tap';
import { nestingMax } from '../../src/api/nesting.ts';
import { repeatedKey } from '../../src/api/repeated-keys.ts';

/** What could be taken for the end of a key, and the usual. */
const word = fc.oneof(
  fc.constantFrom(':', '":', '\\":', '\\', '"', 'a', '__proto__', '', ' : ', '\u2028'),
  fc.string(),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    word,
    fc.integer(),
    fc.constantFrom(null, true),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(word, tie('value'), { maxKeys: 4 }),
  ),
}));

const found = (text: string): string[] | undefined =>
  repeatedKey(text, JSON.parse(text), nestingMax);

t.test('a text without one is let pass', async () => {
  fc.assert(
    fc.property(value, fc.constantFrom(0, 2), (any, indent) => {
      return found(JSON.stringify(any, null, indent)) === undefined;
    }),
  );
});

t.test('one that is there twice is found, at its place', async (t) => {
  fc.assert(
    fc.property(word, value, value, value, fc.boolean(), (key, one, two, other, isEscaped) => {
      const name = JSON.stringify(key);
      const again = isEscaped ? `"${[...key].map(escaped).join('')}"` : name;
      const twice = `{${name} :${JSON.stringify(one)},${again}:${JSON.stringify(two)}}`;
      t.same(found(`[${JSON.stringify(other)},{"in":${twice}}]`), ['1', 'in', key]);
    }),
  );
});

const escaped = (char: string): string =>
  Array.from(
    { length: char.length },
    (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');
