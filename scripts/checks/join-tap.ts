/**
 * Joins tap, with its plug-ins and what they stand on, to the one file that tests import: to look for its three hundred is
 * half of what starting a test costs. Done by `scripts/setup` whenever tap is built.
 */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, stop } from 'esbuild';
import type { Plugin } from 'esbuild';

const folder = join(import.meta.dirname, '..', '..', 'node_modules', 'tap', 'dist', 'esm');

/** Packages written for `require` look for it in what they are joined to. */
const banner = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);`;

/** What a file finds by its own place, it finds there. */
const places: Plugin = {
  name: 'places',
  setup: (joining) => {
    joining.onLoad({ filter: /\.m?js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      const url = JSON.stringify(pathToFileURL(path).href);
      return { loader: 'js', contents: text.replaceAll('import.meta.url', url) };
    });
  },
};

/** What `tap` exports; its own lines are left out of the stacks of failures, where they are now, too. */
const entry = `import { addIgnoredPackage } from '@tapjs/stack';
import { t } from './main.js';
addIgnoredPackage('tap');
export * from './main.js';
export default t;`;

const { outputFiles } = await build({
  stdin: { contents: entry, resolveDir: folder },
  write: false,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  banner: { js: banner },
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [places],
  logLevel: 'warning',
}).finally(() => void stop());
const [joined] = outputFiles;
if (joined === undefined) throw new Error('esbuild has made nothing of tap');
writeFileSync(join(folder, 'joined.js'), joined.contents);
renameSync(join(folder, 'joined.js'), join(folder, 'index.js'));
