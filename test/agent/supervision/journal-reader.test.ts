/** The output of units, from what journalctl prints. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { JournalReader } from '../../../src/agent/supervision/journal-reader.ts';
import type { OutputRequest } from '../../../src/agent/supervision/output-reader.ts';
import { folderOf } from '../../folder.ts';

const all: OutputRequest = { channels: ['stdout', 'stderr'], lines: null, follow: false };
const unit = 'm0d@0x7200000000000001:0x2.service';

/** A program in the place of journalctl: no journal with known content can be had in a test. */
const printing = (t: Test, script: string): string => {
  const program = join(folderOf(t, {}), 'journalctl');
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return program;
};

const allOf = async (reader: JournalReader): Promise<string> => {
  let text = '';
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next())
    text += piece.data.toString();
  return text;
};

t.test('journalctl is asked for the unit, and what it prints is the output', async (t) => {
  const program = printing(t, 'echo "$@"; seq 1 30000');
  const numbers = Array.from({ length: 30_000 }, (_, i) => `${i + 1}\n`).join('');
  t.equal(
    await allOf(new JournalReader(program, unit, all)),
    `--quiet --no-pager --output=cat --unit=${unit} --lines=all --until=now\n${numbers}`,
  );
  const reader = new JournalReader(program, unit, { ...all, lines: 5, follow: true });
  t.match(await allOf(reader), `--lines=5 --follow\n`);
});

t.test('closing ends journalctl, and a call that waits', async (t) => {
  const reader = new JournalReader(printing(t, 'echo begun; exec sleep 60'), unit, all);
  t.equal((await reader.next())?.data.toString(), 'begun\n');
  const next = reader.next();
  reader.close();
  t.equal(await next, undefined);
});

t.test('where the journal cannot be read, the reason tells where the output is', async (t) => {
  await t.rejects(allOf(new JournalReader('/nonexistent/journalctl', unit, all)), {
    message: `systemd runs it as ${unit} and keeps its output, which cannot be read here: there is no journalctl on its host`,
  });
  const refused = printing(
    t,
    'echo "No journal files were opened due to permissions." >&2; exit 1',
  );
  await t.rejects(allOf(new JournalReader(refused, unit, all)), {
    message: /No journal files were opened due to permissions/,
  });
  const request: OutputRequest = { ...all, channels: ['stderr'] };
  t.throws(() => new JournalReader('journalctl', unit, request), {
    message: /does not tell its stderr from its stdout/,
  });
});

t.test('the journalctl of this machine understands what it is asked', async (t) => {
  const reader = new JournalReader('journalctl', unit, { ...all, lines: 3 });
  const text = await allOf(reader).catch((error: Error) => error.message);
  t.notMatch(text, /unrecognized|invalid option|Failed to parse/i);
});
