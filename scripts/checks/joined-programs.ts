/**
 * `halcyon` and `halctl` as few files: the tests start them some thousand times, and to look for a thousand sources is
 * half of what a start costs. See decision 30.
 */

import { createHash } from 'node:crypto';
import {
  chmodSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, stop } from 'esbuild';
import type { OutputFile, Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..', '..');
/** Inside `node_modules`, for what is left outside is looked for there. */
const place = join(root, 'node_modules', '.cache', 'programs');

/** How long what no run has used is kept, ms: other runs in this checkout may stand on it. */
const keptMs = 24 * 60 * 60 * 1000;

/** Packages written for `require` look for it in what they are joined to. */
const banner = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);`;

/** What a source starts by its place, or reads beside it, is found at the source's own: those run as they are. */
const atTheirOwnPlaces: Plugin = {
  name: 'places of sources',
  setup: (joining) => {
    joining.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta')) return undefined;
      const url = JSON.stringify(pathToFileURL(path).href);
      return { loader: 'ts', contents: text.replaceAll('import.meta.url', url) };
    });
  },
};

/** A package that is loaded when it is asked for would lose the names of what it exports, if written for `require`. */
const apart: Plugin = {
  name: 'packages asked for',
  setup: (joining) => {
    joining.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
  },
};

/**
 * Joins the sources as they are now.
 *
 * @returns the folder of `halcyon.mjs` and `halctl.mjs`, named after what they hold: it is never of older sources, and
 *   Node's compile cache knows it again
 */
export async function joinPrograms(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/halcyon.ts', 'src/halctl.ts'],
    outdir: place,
    outExtension: { '.js': '.mjs' },
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // It has parts that are no JavaScript.
    external: ['ssh2'],
    banner: { js: banner },
    plugins: [atTheirOwnPlaces, apart],
    logLevel: 'warning',
  }).finally(() => void stop());
  mkdirSync(place, { recursive: true });
  const folder = join(place, nameOf(outputFiles));
  if (isThere(folder)) utimesSync(folder, new Date(), new Date());
  else writeAtOnce(outputFiles, folder);
  removeUnused();
  return folder;
}

function nameOf(files: readonly OutputFile[]): string {
  const hash = createHash('sha256');
  for (const { path, contents } of files)
    hash.update(`${path} ${contents.length}\n`).update(contents);
  return hash.digest('hex').slice(0, 32);
}

/** Never half of it, whoever else runs or is interrupted. */
function writeAtOnce(files: readonly OutputFile[], folder: string): void {
  const unfinished = mkdtempSync(join(place, 'unfinished-'));
  for (const { path, contents } of files) writeFileSync(join(unfinished, basename(path)), contents);
  // Tests start them as other users, too.
  chmodSync(unfinished, 0o755);
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true });
    if (!isThere(folder)) throw error;
  }
}

function removeUnused(): void {
  for (const folder of globSync(join(place, '*')))
    if (Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0) > keptMs)
      rmSync(folder, { recursive: true, force: true });
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;
