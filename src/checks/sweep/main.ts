/**
 * The process that looks at machines. It is started by the station, told what to do by its standard input, and tells
 * what it found by its standard output. It ends with its input, and so with the station, however that ends.
 */

import { readLines } from './lines.ts';
import { lineBytesMax } from './protocol.ts';
import type { FromChecker, ToChecker } from './protocol.ts';
import { Sweeper } from './sweeper.ts';

let sweeper: Sweeper | null = null;

const say = (message: FromChecker): void =>
  void process.stdout.write(`${JSON.stringify(message)}\n`);

const take = (message: ToChecker): void => {
  switch (message.say) {
    case 'settings':
      sweeper = new Sweeper({
        settings: message.settings,
        now: Date.now,
        tell: (found) => say({ say: 'found', found }),
      });
      return say({ say: 'ready' });
    case 'look':
      return sweeper?.look(message.jobs);
  }
};

// A terminal sends it to all that were started from it; the station says when to end.
process.on('SIGINT', () => undefined);
process.stdin.on('end', () => process.exit(0));
process.stdin.on('error', () => process.exit(0));
process.stdout.on('error', () => process.exit(0));
readLines(process.stdin, (line) => take(JSON.parse(line) as ToChecker), {
  most: lineBytesMax,
  tooLong: () => {
    process.stderr.write('the station wrote a line that is too long\n');
    process.exit(1);
  },
});
