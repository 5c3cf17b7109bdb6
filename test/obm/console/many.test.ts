/** Very much: many consoles, and one that floods. */

import t from 'tap';
import { settled, startConsole } from './played.ts';
import { openRecordings } from './recorded.ts';

t.test(
  '71: 500 consoles in one process, logged and full: at most 1 MiB of memory each',
  async (t) => {
    const { recordings } = await openRecordings(t);
    const before = process.memoryUsage().rss;
    const full = Buffer.alloc(128 * 1024, 'x');
    for (let i = 0; i < 500; i += 1) {
      const recorder = await recordings.record(`n${i}`, 1);
      const { obm, console } = await startConsole(t, { recorder });
      obm.say(full);
      await recorder.flush();
      if (console.memory > 132 * 1024) t.fail(`${console.memory} bytes`);
    }
    const each = (process.memoryUsage().rss - before) / 500 / 1024;
    t.ok(each < 1024, `${each} KiB`);
  },
);

t.test(
  'case 15: 50 MB at once: what is typed arrives meanwhile, and a page that cannot keep up knows what it has missed',
  async (t) => {
    const { obm, console, attach } = await startConsole(t);
    const page = attach({ onSlow: 'skip' });
    await settled();
    console.requestWriter(page.viewer);
    const [piece, pieces] = [Buffer.alloc(255, 'x'), 200_000];
    let [slowest, bytes, skipped] = [0, 0, 0];
    page.seen.isFull = true;
    for (let i = 0; i < pieces; i += 1) {
      obm.say(piece);
      if (i % 2_000 > 0) continue;
      const began = performance.now();
      await console.write(page.viewer, Buffer.of(3));
      slowest = Math.max(slowest, performance.now() - began);
      page.viewer.resume();
      // It has shown what it was given, and keeps none of it.
      for (const item of page.seen.items.splice(0)) {
        if ('bytes' in item) bytes += item.bytes.length;
        else if (item.kind === 'skipped') skipped += Number(/^\d+/.exec(item.text));
      }
    }
    page.seen.isFull = false;
    page.viewer.resume();
    for (const item of page.seen.items) {
      if ('bytes' in item) bytes += item.bytes.length;
      else if (item.kind === 'skipped') skipped += Number(/^\d+/.exec(item.text));
    }
    t.ok(slowest < 1_000, `${slowest} ms`);
    t.equal(obm.typed.length, pieces / 2_000);
    t.equal(bytes + skipped, piece.length * pieces, 'every byte is accounted for');
    t.ok(skipped > 0);
  },
);
