/**
 * A terminal at a console, as a process: `seat.ts URL TOKEN-FILE FLAGS…`. It gets a ticket of the daemon for each
 * connection.
 */

import { readFileSync } from 'node:fs';
import { sitAtConsole } from '../../../src/cli/console/console.ts';
import { endingOf, exitCodes } from '../../../src/cli/exit-codes.ts';
import { UnreachableError } from '../../../src/client/errors.ts';

const [base = '', tokenFile = '', ...flags] = process.argv.slice(2);

const ticket = async (): Promise<{ url: URL }> => {
  const headers = { authorization: `Bearer ${readFileSync(tokenFile, 'utf8')}` };
  let answer: Response;
  try {
    answer = await fetch(`${base}/tickets`, { method: 'POST', headers });
  } catch {
    throw new UnreachableError([{ url: base, cause: 'nobody answers' }]);
  }
  if (!answer.ok) throw new Error(`no ticket: ${answer.status}`);
  const { path } = (await answer.json()) as { path: string };
  return { url: new URL(path, base) };
};

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
try {
  await sitAtConsole({
    ...{ name: 'n1', address: ticket, signal: interrupt.signal },
    ...{ readOnly: flags.includes('--read-only'), take: flags.includes('--take') },
    terminal: { input: process.stdin, output: process.stdout, notes: process.stderr },
  });
  process.exitCode = exitCodes.done;
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = exitCodes[endingOf(error)];
}
