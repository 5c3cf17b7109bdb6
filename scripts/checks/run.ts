/**
 * Runs every check of the project, counts what passed, and tells what did not: the work of
 * `scripts/test`.
 */

import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { createWriteStream, globSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { parseArgs } from 'node:util';
import { readResults } from './results.ts';
import type { FileResult } from './results.ts';

const root = join(import.meta.dirname, '..', '..');

/** Programs that count as one check each: their output is shown when they fail. */
const checks: Readonly<Record<string, readonly string[]>> = {
  lint: ['oxlint', '--threads=1', 'src', 'test', 'scripts', 'oxlint.config.ts', 'vite.config.ts'],
  format: [process.execPath, 'scripts/checks/format.ts'],
  types: ['scripts/tsc', '--noEmit', '-p', '.'],
  'types of the page': ['scripts/tsc', '--noEmit', '-p', 'tsconfig.web.json'],
};

/** How many test files run at a time, at least and at most (see `room.ts`), and how long each may take. */
const usual = { jobs: '2-6', timeoutSeconds: 900 };
const long = { jobs: '1', timeoutSeconds: 3600 };

/** Files that run once more, with the log of the stations on a server. */
const onPostgres = 'test/lifecycle/*.test.ts';

interface Outcome {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

const flag = { type: 'boolean', default: false } as const;
const { values } = parseArgs({ options: { soak: flag, machine: flag, machines: flag } });

const outcomes = await chosen();
const failed = outcomes.filter(({ passed }) => !passed);
for (const { name, detail } of failed) {
  console.log(`\nfailed: ${name}\n${detail.replace(/^/gm, '    ')}`);
}
console.log(`\n${outcomes.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 || outcomes.length === 0 ? 1 : 0;

function chosen(): Promise<Outcome[]> {
  if (values.soak) return runLong('soak');
  return values.machine || values.machines ? runLong('machines') : runAll();
}

/** The linter takes a core for as long as many tests take together, so nothing waits for it. */
async function runAll(): Promise<Outcome[]> {
  const page = await runCheck('the page for the browser', ['scripts/page', '--quiet']);
  const [checked, tested] = await Promise.all([runChecks(), runTests('test', usual)]);
  return [page, ...checked, ...tested];
}

async function runChecks(): Promise<Outcome[]> {
  const done: Outcome[] = [];
  for (const [name, command] of Object.entries(checks)) {
    const outcome = await runCheck(name, command);
    console.log(`${outcome.passed ? 'passed' : 'FAILED'}  ${name}`);
    done.push(outcome);
  }
  return done;
}

/** Long tests, such as `test/**\/*.soak.ts`, which nothing else runs. */
async function runLong(kind: 'soak' | 'machines'): Promise<Outcome[]> {
  return runTests(kind, long);
}

function runCheck(name: string, [program, ...args]: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program ?? '', args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => output.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => output.push(bytes));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ name, passed: code === 0, detail: Buffer.concat(output).toString().trim() });
    });
  });
}

/**
 * Always the same order, in which no part of the project stands together: files that mostly wait run beside files that
 * mostly compute, so the cores are busy from the first to the last.
 */
function mixed(files: readonly string[]): string[] {
  const places = new Map(files.map((file) => [file, hash('sha1', file)]));
  return files.toSorted((one, other) => (places.get(one)! < places.get(other)! ? -1 : 1));
}

async function runTests(
  kind: 'test' | 'soak' | 'machines',
  { jobs, timeoutSeconds }: typeof usual,
): Promise<Outcome[]> {
  const files = globSync(`test/**/*.${kind}.ts`, { cwd: root });
  const again = kind === 'test' ? globSync(onPostgres, { cwd: root }) : [];
  files.push(...again.map((file) => `${file} with HALCYON_TEST_LOG=postgres`));
  mkdirSync(join(root, '.tap'), { recursive: true });
  // Stripping types costs most of what starting a test does; Node keeps the result.
  const cache = join(root, 'node_modules', '.cache', 'compiled');
  const program = join(import.meta.dirname, 'test-files.ts');
  const args = [program, jobs, String(timeoutSeconds), ...mixed(files)];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { NODE_COMPILE_CACHE: cache, ...process.env, TAP_TIMEOUT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  // Kept for whoever wants to know more than what is shown of a failure.
  child.stdout.pipe(createWriteStream(join(root, '.tap', 'report.tap')));
  const results = await readResults(child.stdout.pipe(new PassThrough()), showFile);
  const code = await ended;
  const outcomes = results.map(({ path, passed, detail }) => ({
    name: path.join(' > '),
    passed,
    detail,
  }));
  if (code !== 0 && outcomes.every(({ passed }) => passed)) {
    const detail = `the tests ended with ${code ?? 'a signal'}`;
    outcomes.push({ name: 'tap', passed: false, detail });
  }
  return outcomes;
}

function showFile({ file, seconds, results }: FileResult): void {
  const failures = results.filter(({ passed }) => !passed).length;
  const facts = [
    `${results.length} test${results.length === 1 ? '' : 's'}`,
    ...(failures > 0 ? [`${failures} failed`] : []),
    ...(seconds === undefined ? [] : [`${seconds.toFixed(1)} s`]),
  ];
  console.log(`${failures === 0 ? 'passed' : 'FAILED'}  ${file} (${facts.join(', ')})`);
}
