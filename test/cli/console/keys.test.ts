/** What is typed at a console: bytes for the machine, and commands that begin a line with `~`. */

import fc from 'fast-check';
import t from 'tap';
import { keyCommands, Keys } from '../../../src/cli/console/keys.ts';

/** Typed bytes as they are, commands as `<name>`. */
const story = (...pieces: string[]): string => {
  const keys = new Keys();
  return pieces
    .flatMap((piece) => keys.take(Buffer.from(piece, 'latin1')))
    .map((key) => (key.kind === 'typed' ? key.bytes.toString('latin1') : `<${key.command}>`))
    .join('');
};

t.test('a ~ at the beginning of a line is about what comes next', async (t) => {
  for (const [typed, meant] of [
    ['~.', '<leave>'],
    ['ls\r~.', 'ls\r<leave>'],
    ['ls\n~?', 'ls\n<help>'],
    ['a~.', 'a~.'],
    ['~~.', '~.'],
    ['~~~.', '~~.'],
    ['\r~~\r', '\r~\r'],
    ['~x', '~x'],
    ['~\r~.', '~\r<leave>'],
    ['~w~t~.', '<ask><take><leave>'],
    ['\x03\x04\xff\x00', '\x03\x04\xff\x00'],
    ['~/.ssh\r', '~/.ssh\r'],
  ] as const)
    t.equal(story(typed), meant, JSON.stringify(typed));
  for (const [key, command] of Object.entries(keyCommands))
    t.equal(story(`~${key}`), `<${command}>`);
});

t.test('wherever pieces end, the same is meant', async () => {
  const characters = fc.constantFrom('~', '~', '.', 'w', '\r', '\n', 'a', '\xff');
  fc.assert(
    fc.property(fc.array(characters, { maxLength: 40 }), fc.nat(39), (all, cut) => {
      const text = all.join('');
      const [whole, pieces] = [story(text), story(...text)];
      return whole === pieces && story(text.slice(0, cut), text.slice(cut)) === whole;
    }),
  );
});

t.test('what begins no command arrives byte for byte', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = Buffer.from(bytes).toString('latin1').replaceAll('~', '-');
      return story(text) === text;
    }),
  );
});
