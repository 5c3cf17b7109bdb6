/** Keys that an object has twice are found, whatever else a text holds. */

import fc from 'fast-check';
import t from 'tap';
import { nestingMax } from '../../src/api/nesting.ts';
import { keyWithBackslash, repeatedKey } from '../../src/api/repeated-keys.ts';

/** What could be taken for the end of a key, and the usual. */
const word = fc.oneof(
  fc.constantFrom(':', '":', '\\":', '\\', '"', 'a', '__proto__', '', ' : ', '\u2028'),
  fc.string(),
);
/** Keys with a backslash are refused before anything is parsed. */
const name = word.map((text) => text.replaceAll('\\', '/'));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    word,
    fc.integer(),
    fc.constantFrom(null, true),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
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
    fc.property(name, value, value, value, fc.boolean(), (key, one, two, other, isEscaped) => {
      const plain = JSON.stringify(key);
      const again = isEscaped ? `"${[...key].map(escaped).join('')}"` : plain;
      const twice = `{${plain} :${JSON.stringify(one)},${again}:${JSON.stringify(two)}}`;
      t.same(found(`[${JSON.stringify(other)},{"in":${twice}}]`), ['1', 'in', key]);
    }),
  );
});

t.test('a key with a backslash is found, however it is written', async (t) => {
  t.same(keyWithBackslash('[{"a":{"b":1,"c\\\\d":2}}]', nestingMax), ['0', 'a', 'c\\d']);
  t.same(keyWithBackslash('{"\\u005C":2}', nestingMax), ['\\']);
  for (const text of ['{"a":"\\\\"}', '{"\\"":["\\\\"]}', '["\\\\",{"a":"b\\\\: c"}]'])
    t.equal(keyWithBackslash(text, nestingMax), undefined, text);
});

t.test('this is why: Node.js takes one key for another', async (t) => {
  JSON.parse('{"why":1,"\\\\":2}');
  const [, key] = Object.keys(JSON.parse('{"why":1,"\\"":2}') as object);
  t.equal(key, '\\', 'if this fails Node.js has mended it, and backslashes may be let pass');
});

const escaped = (char: string): string =>
  Array.from(
    { length: char.length },
    (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');
