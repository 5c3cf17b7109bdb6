/** Runs the benchmarks of two commits in turns, in one run on one machine, and says what changed. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compare, comparisonTable, figuresOf } from './comparison.ts';
import type { Measured } from './comparison.ts';
import { withDirectory } from './station.ts';

const root = join(import.meta.dirname, '..', '..');

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
  },
});
const [before, after = 'HEAD', ...more] = positionals;
const rounds = Number(values.rounds);
if (before === undefined || more.length > 0 || !(rounds >= 1)) {
  console.error('usage: scripts/bench/compare BEFORE [AFTER] [--only NAME,NAME] [--rounds 3]');
  process.exit(2);
}

const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

/** The benchmarks that `all` runs. */
const all = readFileSync(join(import.meta.dirname, 'list.txt'), 'utf8')
  .split('\n')
  .filter(Boolean);
const wanted = values.only === '' ? all : values.only.split(',');
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark is called ${unknown.join(' or ')}; there are ${all.join(', ')}`);
  process.exit(2);
}

/** A clone at a commit, ready to run. */
const checkOut = (commit: string, directory: string): string => {
  git('clone', '--quiet', '--shared', '--no-checkout', root, directory);
  git('-C', directory, 'checkout', '--quiet', '--detach', commit);
  const lock = 'package-lock.json';
  // The same packages need no network.
  if (readFileSync(join(root, lock)).equals(readFileSync(join(directory, lock))))
    cpSync(join(root, 'node_modules'), join(directory, 'node_modules'), {
      recursive: true,
      verbatimSymlinks: true,
    });
  execFileSync(join(directory, 'scripts/setup'), ['--quiet', '--run'], { stdio: 'inherit' });
  return directory;
};

/** @returns undefined where it failed, which is said */
const run = (directory: string, benchmark: string): Measured | undefined => {
  const script = join(directory, 'scripts/bench', `${benchmark}.ts`);
  const node = join(directory, 'scripts/node');
  try {
    const output = execFileSync(node, ['--disable-warning=ExperimentalWarning', script], {
      cwd: directory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: Infinity,
      env: { ...process.env, NODE_COMPILE_CACHE: join(directory, 'node_modules/.cache/compiled') },
    });
    return figuresOf(output);
  } catch (error) {
    console.error(`${benchmark} failed in ${directory}: ${(error as Error).message}`);
    process.exitCode = 1;
    return undefined;
  }
};

const commits = [before, after].map((name) => git('rev-parse', '--verify', `${name}^{commit}`));

await withDirectory(async (directory) => {
  const [old, now] = commits.map((commit, i) => checkOut(commit, join(directory, `${i}`)));
  const [ofOld, ofNow]: [Measured[], Measured[]] = [[], []];
  for (const benchmark of wanted)
    for (let round = 1; round <= rounds; round += 1)
      for (const [clone, found] of [
        [old!, ofOld],
        [now!, ofNow],
      ] as const) {
        if (!existsSync(join(clone, 'scripts/bench', `${benchmark}.ts`))) continue;
        console.error(`${benchmark}, round ${round}: ${clone === old ? 'before' : 'after'}`);
        const measured = run(clone, benchmark);
        if (measured !== undefined) found.push(measured);
      }
  const figures = compare(ofOld, ofNow);
  const subjects = commits.map((commit) => git('log', '-1', '--format=%h %s', commit));
  console.log(`\nbefore: ${subjects[0]}\nafter:  ${subjects[1]}\n`);
  console.log(`${comparisonTable(figures)}\n`);
  console.log('ratio: above 1 is better; spread: how far the runs of one commit lie apart');
  console.log(`BENCH ${JSON.stringify({ benchmark: 'comparison', commits, rounds, figures })}`);
});
