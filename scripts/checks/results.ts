/** Counts the tests in what tap prints. */

import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { Parser } from 'tap-parser';
import type { Result } from 'tap-parser';
import { stringify } from 'yaml';

/** How one test ended. A test is a subtest that has none of its own, or a file that has none. */
export interface TestResult {
  /** The file, the subtests around it, its own name. */
  readonly path: readonly string[];
  readonly passed: boolean;
  /** What is known about a failure; empty for a passed test. */
  readonly detail: string;
}

/** What a test file came to. */
export interface FileResult {
  readonly file: string;
  /** How long it took; undefined where that is not told. */
  readonly seconds: number | undefined;
  readonly results: readonly TestResult[];
}

/** What has been seen of a test whose end is not reached yet. */
interface Level {
  readonly path: readonly string[];
  /** Whether it has subtests. */
  divided: boolean;
  failures: number;
  readonly details: string[];
}

/**
 * Reads TAP to its end. A skipped test counts as failed: nothing is left out silently. A test that
 * fails although everything in it passed (it timed out, it crashed) counts as one failure of its
 * own.
 *
 * @param onFile told how the tests of each file ended, as soon as the file has
 */
export async function readResults(
  tap: Readable,
  onFile: (result: FileResult) => void,
): Promise<TestResult[]> {
  const all: TestResult[] = [];
  let reported = 0;

  const close = (level: Level, result: Result): void => {
    const passed = isPassed(result);
    const isTold = level.failures > 0 && level.details.length === 0;
    if (level.divided && (passed || isTold)) return;
    if (!passed) level.failures++;
    const detail = passed ? '' : [...level.details, describe(result)].join('\n');
    all.push({ path: level.path, passed, detail });
  };

  const follow = (parser: Parser, level: Level): void => {
    let subtest: Level | undefined;
    parser.on('child', (child: Parser) => {
      level.divided = true;
      subtest = newLevel([...level.path, child.name]);
      follow(child, subtest);
    });
    parser.on('bailout', (reason: string) => level.details.push(`bailed out: ${reason}`));
    parser.on('assert', (result: Result) => {
      const ended = subtest;
      subtest = undefined;
      if (ended === undefined) {
        if (!isPassed(result)) level.details.push(describe(result));
        return;
      }
      close(ended, result);
      level.failures += ended.failures;
      if (level.path.length > 0) return;
      const seconds = result.time === null ? undefined : result.time / 1000;
      onFile({ file: result.name, seconds, results: all.slice(reported) });
      reported = all.length;
    });
  };

  const root = newLevel([]);
  const parser = new Parser();
  follow(parser, root);
  await pipeline(tap, parser);
  if (root.details.length > 0) {
    all.push({ path: ['tap'], passed: false, detail: root.details.join('\n') });
  }
  return all;
}

function newLevel(path: readonly string[]): Level {
  return { path, divided: false, failures: 0, details: [] };
}

function isPassed(result: Result): boolean {
  return result.ok && result.skip === false && result.todo === false;
}

function describe(result: Result): string {
  const why = result.ok ? 'was skipped' : 'failed';
  if (result.diag === null) return `${result.name} ${why}`;
  // The source is in the file that `at` names.
  const { source, ...diagnostics } = result.diag as Record<string, unknown>;
  return `${result.name} ${why}\n${stringify(diagnostics, { lineWidth: 0 }).trimEnd()}`;
}
