/** How the page in the browser is built: see `scripts/page`. */

import { join } from 'node:path';
import { defineConfig } from 'vite';

const page = join(import.meta.dirname, 'src', 'web', 'page');

export default defineConfig({
  root: page,
  // Below whatever path a proxy has put the station.
  base: './',
  publicDir: join(page, 'public'),
  cacheDir: join(import.meta.dirname, 'node_modules', '.cache', 'vite'),
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: join(import.meta.dirname, 'src', 'web', 'built'),
    emptyOutDir: true,
    target: 'es2022',
    // A station is not asked for files as text within others: its policy allows no `data:`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // What the client has for Node.js alone is loaded by Node.js alone.
      external: [/^node:/],
      onwarn: (warning, warn) => {
        // Libraries say so for servers that draw React.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
});
