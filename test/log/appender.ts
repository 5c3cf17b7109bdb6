/**
 * A process that appends, to be killed or starved by a test. Usage: `appender.ts DIRECTORY
 * SUBMITTERS [URL]`: on the log of a directory, or on that of servers with its mirror there. Says `open`; for each line `append N` on standard input it appends N commits, says
 * `acked R` for each that was acknowledged and in the end `done HEAD` or `failed CODES HEAD`. Ends
 * when its input does.
 */

import { createInterface } from 'node:readline';
import { revision } from '../../src/core/values/revision.ts';
import { openLog } from '../../src/log/open.ts';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.ts';
import { commitAt } from './contract.ts';

const [directory = '', submitters = '1', url] = process.argv.slice(2);
const news = {
  info: (): void => undefined,
  warn: (_details: object, message: string): void => void process.stderr.write(`${message}\n`),
};
const log =
  url === undefined
    ? await openSqliteLog({ directory })
    : await openLog(url, { mirror: { directory, news } });
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

async function append(count: number): Promise<void> {
  const last = log.head() + count;
  const codes = new Set<string>();
  let next: number = log.head();
  const submit = async (): Promise<void> => {
    while (next < last && codes.size === 0) {
      const own = ++next;
      await log.append(commitAt(own), revision(own - 1));
      say(`acked ${own}`);
    }
  };
  const all = Array.from({ length: Number(submitters) }, () =>
    submit().catch((error: unknown) => codes.add((error as { code: string }).code)),
  );
  await Promise.all(all);
  say(codes.size === 0 ? `done ${log.head()}` : `failed ${[...codes].join()} ${log.head()}`);
}

say('open');
for await (const line of createInterface({ input: process.stdin })) {
  await append(Number(line.split(' ')[1]));
}
await log.close();
