/** Runs a program of a driver, and a console by ssh, while fewer and fewer files can be opened; says how each ends. */

import { closeSync, openSync } from 'node:fs';
import { run } from '../../src/obm/drivers/program.ts';
import { SshConsole } from '../../src/obm/drivers/ssh/console.ts';
import type { SshInfo } from '../../src/obm/drivers/ssh/settings.ts';
import { ObmError } from '../../src/obm/errors.ts';
import { systemTime } from '../../src/obm/time.ts';

/** As many as are free at most. */
const most = 24;
const never = new AbortController().signal;
const command = {
  program: 'true',
  args: [],
  env: { PATH: process.env['PATH']! },
  limitSeconds: 60,
};
const info = { addr: '127.0.0.1', port: 1, user: 'nobody' } as SshInfo;
const sink = { data: () => undefined, gap: () => undefined };

const reasonOf = (error: unknown): string =>
  error instanceof ObmError ? error.reason : `no error of an OBM: ${String(error)}`;

const open = async (): Promise<string> => {
  const console = new SshConsole(info, ['cat'], sink);
  try {
    await console.opened(never);
    return 'opened';
  } finally {
    await console.close();
  }
};

// What is loaded at the first use is.
await run(command, systemTime, never);
const taken: number[] = [];
try {
  for (;;) taken.push(openSync('/dev/null', 'r'));
} catch {
  // All are taken.
}
const ends: { free: number; program: string; console: string }[] = [];
for (let free = 0; free <= most; free++) {
  const program = await run(command, systemTime, never).then(
    ({ code }) => `code ${code}`,
    reasonOf,
  );
  const console = await open().catch(reasonOf);
  ends.push({ free, program, console });
  closeSync(taken.pop()!);
}
for (const file of taken) closeSync(file);
process.stdout.write(JSON.stringify(ends));
