/** A disk that is full: the stream goes on, the log says what it misses, and comes back by itself. */

import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { until } from '../../ipmi/simulator.ts';
import { settled, startConsole } from './played.ts';
import { itemsOf, openRecordings, storyOf, temporary, textsOf, Writing } from './recorded.ts';

const smallDisk = (t: Test): string => {
  const disk = temporary(t);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', disk]);
  t.teardown(() => execFileSync('umount', ['-l', disk]));
  return disk;
};

/** Takes the room of a disk away, and gives back what gives it back. */
const fill = (disk: string): (() => void) => {
  const filler = join(disk, 'filler');
  const [, free] = execFileSync('df', ['--output=avail', '-B1', disk]).toString().split('\n');
  writeFileSync(filler, Buffer.alloc(Number(free)));
  return () => rmSync(filler);
};

t.test(
  '65: a full disk: the stream goes on, one alarm is raised, and it is logged again without a restart',
  async (t) => {
    const directory = smallDisk(t);
    const settings = { retryMs: 100, flushMs: 20 };
    const { recordings, troubles } = await openRecordings(t, { directory, settings });
    const recorder = await recordings.record('n1', 1);
    const other = await recordings.record('n2', 1);
    const { obm, attach } = await startConsole(t, { recorder });
    const { seen } = attach();
    obm.say('kept\n');
    await recorder.flush();
    const give = fill(directory);
    const said = Array.from({ length: 100 }, (_, i) => `${String(i).padStart(999, '.')}\n`);
    for (const line of said.slice(0, 50)) obm.say(line);
    new Writing(other).say(Buffer.alloc(20_000));
    await until('the alarm is raised', () => recorder.notKeptSince !== null);
    for (const line of said.slice(50)) obm.say(line);
    await until('it is tried again', () => other.notKeptSince !== null);
    t.equal(troubles.length, 1, 'once, for all consoles');
    t.match(troubles[0], { message: /not logged: ENOSPC/ });
    t.equal(seen.text, `kept\n${said.join('')}`, 'who looks sees all');

    t.notOk(await recorder.tryAgain(), 'in vain');
    give();
    await until('it is logged again', () => troubles.length === 2);
    t.equal(troubles[1], null);
    obm.say('kept again\n');
    t.same(
      (await textsOf(recorder)).filter((text) => text.startsWith('kept')),
      ['kept', 'kept again'],
    );
    const story = await storyOf(recorder);
    t.match(story, /kept\n(\.+\d+\n)*<not-kept>kept again\n$/);
    const marks = (await itemsOf(recorder)).flatMap((item) =>
      item.kind === 'mark' && item.marker.kind === 'not-kept' ? [item.marker.text] : [],
    );
    t.match(marks, [/^not kept from .*Z to .*Z, \d+ bytes: ENOSPC$/]);
    const kept = story.replace(/<.*?>/g, '').length - 'kept\nkept again\n'.length;
    t.equal(
      kept + Number(/(\d+) bytes/.exec(marks[0]!)![1]),
      100_000,
      'every byte is accounted for',
    );
  },
);

t.test(
  'case 13: who attaches while nothing is logged is let in, and told since when',
  async (t) => {
    const directory = smallDisk(t);
    const { recordings } = await openRecordings(t, { directory });
    const recorder = await recordings.record('n1', 1);
    const { obm, attach } = await startConsole(t, { recorder });
    const give = fill(directory);
    obm.say('x'.repeat(10_000));
    await recorder.flush();
    const { seen } = attach();
    await settled();
    obm.say('and on');
    t.match(seen.markers[0], { kind: 'not-kept', text: /^not logged since 20..-.*Z$/ });
    t.ok(seen.text.endsWith('and on'));
    give();
    t.ok(await recorder.tryAgain());
    t.notOk(attach().seen.kinds.includes('not-kept'));
  },
);

t.test('a log that cannot even be begun is begun when there is room', async (t) => {
  const directory = smallDisk(t);
  const { recordings, troubles } = await openRecordings(t, {
    directory,
    settings: { retryMs: 50 },
  });
  const recorder = await recordings.record('n1', 1);
  const writing = new Writing(recorder);
  const give = fill(directory);
  writing.say('x'.repeat(5_000));
  await recorder.flush();
  t.equal(troubles.length, 1);
  await until('it was tried in vain', async () => !(await recorder.tryAgain()));
  give();
  await until('there is room', () => troubles.length === 2);
  writing.say('after');
  t.equal(await storyOf(recorder), '<not-kept>after');
});

t.test('case 13: a daemon that starts on a full disk has its consoles all the same', async (t) => {
  const directory = smallDisk(t);
  const before = await openRecordings(t, { directory });
  const one = await before.recordings.record('n1', 1);
  new Writing(one).say('before\n');
  await before.recordings.close();
  const give = fill(directory);

  const { recordings, troubles } = await openRecordings(t, { directory });
  for (const label of ['n1', 'n2']) {
    const recorder = await recordings.record(label, 1);
    const { obm, attach } = await startConsole(t, { recorder });
    const { seen } = attach();
    obm.say('seen\n');
    t.equal(seen.text, 'seen\n');
    await recorder.flush();
    t.ok(recorder.notKeptSince !== null);
    if (label === 'n1') t.same(await textsOf(recorder), ['before'], 'what was kept can be read');
  }
  t.equal(troubles.length, 1);
  give();
});
