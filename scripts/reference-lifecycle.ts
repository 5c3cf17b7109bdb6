/** Writes the tables of docs/life-cycle.md from the transitions; the text around them stays. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pauseBefore } from '../src/core/lifecycle/failure.ts';
import { transitions } from '../src/core/lifecycle/transitions.ts';
import type { Ownership } from '../src/core/values/roles.ts';
import { defaultVars } from '../src/core/values/vars.ts';

export const lifecyclePath = join(import.meta.dirname, '..', 'docs', 'life-cycle.md');

const code = (text: string): string => `\`${text}\``;

const tableOf = (ownership: Ownership): string =>
  [
    '| from | trigger | to | when |',
    '| --- | --- | --- | --- |',
    ...transitions
      .filter((transition) => transition.ownership === ownership)
      .map(
        ({ from, trigger, to, when }) =>
          `| ${from.map(code).join(', ')} | ${code(trigger)} | ${code(to)} | ${when} |`,
      ),
  ].join('\n');

/** When each attempt begins, counted from the end of the one before, with the settings at their defaults. */
const retries = (): string => {
  const { process_max_start_attempts: retriesMax, process_restart_retry_interval: interval } =
    defaultVars;
  const pauses = Array.from({ length: retriesMax }, (_, i) => pauseBefore(i + 1, interval) / 1000);
  return [
    `| attempt | ${pauses.map((_, i) => i + 2).join(' | ')} |`,
    `| --- |${' --- |'.repeat(pauses.length)}`,
    `| seconds after the end of the one before | ${pauses.join(' | ')} |`,
  ].join('\n');
};

const parts: Readonly<Record<string, () => string>> = {
  managed: () => tableOf('managed'),
  independent: () => tableOf('independent'),
  retries,
};

/**
 * A page with its tables as they are now.
 *
 * @throws {Error} the page has no place for one of them
 */
export const withTables = (page: string): string => {
  let result = page;
  for (const [name, table] of Object.entries(parts)) {
    const [begin, end] = [`<!-- begin ${name} -->\n`, `\n<!-- end ${name} -->`];
    const [from, to] = [result.indexOf(begin), result.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`the page has no place for ${name}`);
    result = `${result.slice(0, from + begin.length)}\n${table()}\n${result.slice(to)}`;
  }
  return result;
};

if (import.meta.main) writeFileSync(lifecyclePath, withTables(readFileSync(lifecyclePath, 'utf8')));
