/** Long lists in answers, which are read as they come. */

import t from 'tap';
import { readLongList } from '../../src/client/long-list.ts';
import type { ListPiece } from '../../src/client/long-list.ts';

const inChunks = async function* (text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
};

const read = async (text: string, size: number): Promise<ListPiece[]> =>
  Array.fromAsync(readLongList(inChunks(text, size), 'nodes'));

const document = {
  meta: { version: '1-2', checks: [{ id: 'a]}"\\' }], nodes: [1] },
  nodes: [
    { name: 'n1', reason: 'said: "}],[{\\" ü\u202e', list: [[], {}] },
    { name: 'n2', checks: { ssh: { text: '\\' } } },
    { name: 'n3' },
  ],
};

t.test('a list is the same, wherever it is cut', async (t) => {
  const text = `${JSON.stringify(document)}\n`;
  for (const size of [1, 2, 3, 7, 64, 4096]) {
    const pieces = await read(text, size);
    t.same(pieces.find(({ head }) => head)?.head, { meta: document.meta }, `${size}`);
    t.same(
      pieces.flatMap(({ items }) => items),
      document.nodes,
    );
  }
});

t.test('an empty list has what stands before it', async (t) => {
  t.same(await read('{"meta":{"total":0},"nodes":[]}', 5), [
    { head: { meta: { total: 0 } }, items: [] },
  ]);
});

t.test('an answer that ends amid its list, or has none, is an error', async (t) => {
  await t.rejects(read('{"meta":{},"nodes":[{"name":"n1"}', 100), /ends amid/);
  await t.rejects(read('{"meta":{}}', 100), /ends amid/);
  await t.rejects(read('', 100), /ends amid/);
  await t.rejects(read('{"meta":{},"nodes":[{"name":n1}]}', 100), SyntaxError);
});
