/** Files that are no text in UTF-8 are refused with the place; nothing is guessed. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Failure } from '../../src/cli/exit-codes.ts';
import { readText } from '../../src/cli/text-file.ts';
import { folderOf } from '../folder.ts';

t.test('a text in UTF-8 is read, and anything else is refused with its place', async (t) => {
  const folder = folderOf(t, {});
  const read = async (bytes: string | Buffer): Promise<string> => {
    const path = join(folder, 'facts.yaml');
    writeFileSync(path, bytes);
    return readText(path).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      return error.message.replace(`${folder}/`, '');
    });
  };
  for (const text of ['', 'a: ü\n', '\uFEFFa: 1\r\n', 'a: \uFFFD\n', '\u{1F600}'])
    t.equal(await read(text), text);
  const latin1 = Buffer.from('# é\na: 1\n', 'latin1');
  t.equal(await read(latin1), 'facts.yaml:1: byte 3 of the file is not UTF-8');
  const late = Buffer.concat([Buffer.from('a: ü\nb: \uFFFD'), Buffer.from([0xc3, 0x28])]);
  t.equal(await read(late), 'facts.yaml:2: byte 13 of the file is not UTF-8');
  t.equal(
    await read(Buffer.from([0x61, 0xe2, 0x82])),
    'facts.yaml:1: byte 2 of the file is not UTF-8',
  );
  t.match(await read(Buffer.from('\uFEFFa: 1\n', 'utf16le')), /facts\.yaml:1:1: .*UTF-16/);
  t.match(await readText(join(folder, 'none')).catch((error: Error) => error.message), /ENOENT/);
});
